import MartletCore
import MartletCrypto
import MartletXML
import Testing

/// TLS and the order of negotiation (attacks 12–18).
@Suite(.timeLimit(.minutes(5)))
struct NegotiationTests {
    @Test
    func `two users log in over TLS and exchange a message`() async throws {
        try await withServer { server in
            let (romeo, _) = try await server.secureStream()
            try await romeo.authenticate(as: JID("romeo@montague.example"))
            try await romeo.bind("orchard")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let to = "juliet@capulet.example/balcony"
            await romeo.send("<message to='\(to)'><body>hark</body></message>")
            let message = try await juliet.expect("message/body")
            #expect(message["from"] == "romeo@montague.example/orchard")
        }
    }

    @Test
    func `before TLS nothing but TLS is offered, and PLAIN is refused`() async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.startTLS, on: server.shard)
            let features = try await client.open()
            #expect(features.children.map(\.name) == ["starttls"])
            let offer = features.child("starttls", in: Namespace.tls)
            #expect(offer?.child("required", in: Namespace.tls) != nil)
            for mechanism in ["PLAIN", "SCRAM-SHA-256"] {
                await client.sendAuth(mechanism, "\0romeo\0\(password)")
                try await client.expectFailure("encryption-required")
            }
            #expect(!server.log.text.contains(password))
        }
    }

    @Test
    func `no compression is offered, and TLS is offered once`() async throws {
        try await withServer { server in
            let (client, features) = try await server.secureStream()
            #expect(features.child("starttls", in: Namespace.tls) == nil)
            #expect(features.children.allSatisfy { $0.name != "compression" })
            await client.send("<starttls xmlns='\(Namespace.tls)'/>")
            try await client.expectStreamError("policy-violation")
        }
    }

    @Test
    func `what is sent with starttls never counts as sent over TLS`() async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.startTLS, on: server.shard)
            try await client.open()
            let login = Base64.encode(Array("\0romeo\0\(password)".utf8))
            await client.send(
                "<starttls xmlns='\(Namespace.tls)'/><auth xmlns='\(Namespace.sasl)' "
                    + "mechanism='PLAIN'>\(login)</auth>" + RawClient.header()
            )
            try await client.expect("{\(Namespace.tls)}proceed")
            try await client.startTLS()
            let features = try await client.open()
            #expect(features.child("mechanisms", in: Namespace.sasl) != nil)
            #expect(server.log.lines("login").isEmpty)
        }
    }

    @Test
    func `clear text after proceed ends the connection`() async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.startTLS, on: server.shard)
            try await client.open()
            await client.send("<starttls xmlns='\(Namespace.tls)'/>")
            try await client.expect("{\(Namespace.tls)}proceed")
            await client.send("<auth xmlns='\(Namespace.sasl)' mechanism='PLAIN'>AHIAcg==</auth>")
            try await client.ended()
            #expect(server.log.lines("login").isEmpty)
        }
    }

    @Test
    func `starttls where there is no TLS is refused`() async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.send("<starttls xmlns='\(Namespace.tls)'/>")
            try await client.expect("{\(Namespace.tls)}failure")
            try await client.expectClosed()
        }
    }

    @Test
    func `direct TLS wants the protocol xmpp-client, or none named`() async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.direct, on: server.shard)
            try await client.startTLS(protocols: ["xmpp-client"])
            try await client.open()
            #expect(await client.tls?.applicationProtocol == "xmpp-client")
            let other = try await RawClient.connect(to: server.direct, on: server.shard)
            await #expect(throws: Disappointment.self) {
                try await other.startTLS(protocols: ["h2"])
            }
            let unnamed = try await RawClient.connect(to: server.direct, on: server.shard)
            try await unnamed.startTLS()
            try await unnamed.open()
        }
    }

    @Test(arguments: [("montague.example", true), ("capulet.example", true), ("x.example", false)])
    func `each domain shows its own certificate`(name: String, isServed: Bool) async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.direct, on: server.shard)
            if isServed {
                try await client.startTLS(name: name)
            } else {
                await #expect(throws: Disappointment.self) { try await client.startTLS(name: name) }
            }
        }
    }

    /// A ClientHello of the given version with one cipher suite and no extension.
    static func hello(version: [UInt8], suite: [UInt8]) -> [UInt8] {
        let body = version + [UInt8](repeating: 7, count: 32) + [0, 0, 2] + suite + [1, 0]
        return [22, 3, 1, 0, UInt8(body.count + 4), 1, 0, 0, UInt8(body.count)] + body
    }

    static let oldHellos: [([UInt8], alert: UInt8)] = [
        (hello(version: [3, 0], suite: [0xC0, 0x13]), 40),
        (hello(version: [3, 1], suite: [0xC0, 0x13]), 70),
        (hello(version: [3, 2], suite: [0xC0, 0x13]), 70),
        (hello(version: [3, 3], suite: [0x00, 0x05]), 40),  // RC4
        (hello(version: [3, 3], suite: [0x00, 0x0A]), 40),  // 3DES
        (hello(version: [3, 3], suite: [0x00, 0x3B]), 40),  // NULL
        (hello(version: [3, 3], suite: [0x00, 0x9C]), 40),  // no forward secrecy
    ]

    @Test(arguments: oldHellos)
    func `old versions and weak suites of TLS are refused`(hello: [UInt8], alert: UInt8)
        async throws
    {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.direct, on: server.shard)
            await client.send(hello)
            let end = try await client.ended()
            let received = await client.received
            let story = "\(received), \(end)\n\(server.log.text)"
            #expect(Array(received.suffix(2)) == [2, alert], "\(story)")
        }
    }

    @Test(arguments: [
        [22, 3, 1, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 70_000),
        Array(RawClient.header().utf8),
        [UInt8](repeating: 0, count: 200_000),
    ])
    func `rubbish where TLS is wanted ends the connection`(bytes: [UInt8]) async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.direct, on: server.shard)
            await client.send(bytes)
            try await client.ended()
        }
    }

    @Test
    func `a handshake that stands still is ended in time`() async throws {
        try await withServer {
            $0.clients.tlsTime = .milliseconds(100)
            $0.clients.closingTime = .milliseconds(100)
        } _: { server in
            let hello = Self.hello(version: [3, 3], suite: [0xC0, 0x2B])
            let silent = try await RawClient.connect(to: server.direct, on: server.shard)
            let half = try await RawClient.connect(to: server.direct, on: server.shard)
            await half.send(Array(hello.prefix(20)))
            try await silent.ended()
            try await half.ended()
            let late = try await RawClient.connect(to: server.startTLS, on: server.shard)
            try await late.open()
            await late.send("<starttls xmlns='\(Namespace.tls)'/>")
            try await late.expect("{\(Namespace.tls)}proceed")
            try await late.ended()
        }
    }
}
