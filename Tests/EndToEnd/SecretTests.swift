import MartletCore
import MartletCrypto
import MartletXML
import Testing

/// What never stands in a log or in an answer (attacks 50).
@Suite(.timeLimit(.minutes(5)))
struct SecretTests {
    private static let body = "the-private-words-of-lovers"

    @Test
    func `no password, proof, token or body is logged`() async throws {
        try await withServer { server in
            let (romeo, _) = try await server.secureStream()
            try await romeo.authenticate(as: JID("romeo@montague.example"))
            try await romeo.bind("orchard")
            await romeo.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
            let token = try await romeo.expect("{urn:xmpp:sm:3}enabled")["id"]
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            for to in ["juliet@capulet.example/balcony", "nurse@capulet.example", "no@t@jid"] {
                await romeo.send("<message to='\(to)'><body>\(Self.body)</body></message>")
            }
            try await juliet.expect("message/body")
            await romeo.send("<message><body>\(Self.body)</wrong></message>")
            try await romeo.skip(to: "{\(Namespace.streams)}error")
            let wrong = try await server.stream()
            await wrong.sendAuth("PLAIN", "\0romeo\0not-\(password)")
            try await wrong.expectFailure("not-authorized")
            await wrong.sendAuth("PLAIN", password)
            try await wrong.expectFailure("malformed-request")
            await wrong.send("<auth xmlns='\(Namespace.sasl)' mechanism='\(password)'/>")
            try await wrong.expectFailure("invalid-mechanism")
            try await wrong.expectStreamError("policy-violation")
            try await romeo.ended()
            try await expectSilence(of: server, [password, Self.body, try #require(token)])
        }
    }

    /// Neither in clear nor in base64, hexadecimal or part.
    private func expectSilence(of server: TestServer, _ secrets: [String]) async throws {
        let log = server.log.text
        for secret in secrets {
            #expect(!log.contains(secret))
            #expect(!log.contains(Base64.encode(Array(secret.utf8)).prefix(12)))
            #expect(!log.contains(Hex.encode(Array(secret.utf8))))
        }
        #expect(!log.contains("<"), "no XML at all")
    }

    @Test
    func `each fault is one line, with the peer and what it did`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            await romeo.send("<message></presence>")
            try await romeo.expectStreamError("not-well-formed")
            let line = try #require(server.log.lines("stream error").first)
            #expect(line.facts["condition"] == "not-well-formed")
            #expect(line.facts["account"] == "romeo@montague.example")
            #expect(line.facts["peer"]?.hasPrefix("127.0.0.1:") == true)
        }
    }

    @Test
    func `what a peer sends cannot begin a line of its own`() async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.sendAuth("PLAIN", "\0ro\nmeo\0wrong")
            try await client.expectFailure("not-authorized")
            await client.send("<auth xmlns='\(Namespace.sasl)' mechanism='A&#10;B'/>")
            try await client.expectFailure("invalid-mechanism")
            await client.hangUp()
            _ = try await server.log.first("connection closed")
            for line in server.log.lines { #expect(!line.description.contains("\n")) }
        }
    }

    @Test
    func `the store holds no password`() async throws {
        try await withServer { server in
            try await server.login("romeo@montague.example").expectNothing()
            let account = try await server.store.account(JID("romeo@montague.example"))
            let text = try #require(account).verifiers.values.joined()
            #expect(!text.contains(password))
            #expect(!text.contains(Base64.encode(Array(password.utf8))))
        }
    }
}
