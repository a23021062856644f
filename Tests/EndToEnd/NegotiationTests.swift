import MartletCore
import MartletXML
import Testing

/// How streams begin, and what does not belong there.
@Suite(.timeLimit(.minutes(1)))
struct NegotiationTests {
    @Test
    func `two users log in over TLS and exchange a message`() async throws {
        try await withServer { server in
            let (romeo, _) = try await server.secureStream()
            try await romeo.authenticate(as: JID("romeo@montague.example"))
            try await romeo.bind("orchard")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.send(
                "<message to='juliet@capulet.example/balcony'><body>hark</body></message>"
            )
            let message = try await juliet.expect("message/body")
            #expect(message["from"] == "romeo@montague.example/orchard")
        }
    }
}
