import MartletCore
import MartletXML
import Testing

/// Clients that say nothing: space between stanzas, pings, and their end.
@Suite(.timeLimit(.minutes(5)))
struct SilenceTests {
    @Test
    func `a silent client is pinged, and dropped when it does not answer`() async throws {
        try await withServer {
            $0.clients.idleTime = .milliseconds(200)
            $0.clients.pingTime = .seconds(2)
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            let ping = try await romeo.expect("iq[@type='get']/{urn:xmpp:ping}ping")
            #expect(ping["from"] == "montague.example")
            try await romeo.ended()
            #expect(server.log.lines("client is gone").count == 1)
        }
    }

    @Test
    func `a dropped client's contacts see it go`() async throws {
        try await withServer {
            $0.clients.idleTime = .seconds(1)
            $0.clients.pingTime = .seconds(2)
        } _: { server in
            let juliet = try await server.login(
                "juliet@capulet.example",
                resource: "balcony",
                isAwake: true
            )
            let romeo = try await server.login("romeo@montague.example", isAwake: true)
            await romeo.send("<presence to='juliet@capulet.example/balcony'/>")
            try await juliet.expect("presence")
            await romeo.setAwake(false)
            try await juliet.expect("presence[@type='unavailable']")
        }
    }

    @Test(arguments: ["answer", "error", "space"])
    func `one that answers in any way stays`(way: String) async throws {
        try await withServer {
            $0.clients.idleTime = .milliseconds(100)
            $0.clients.pingTime = .seconds(10)
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            for _ in 0..<2 {
                let ping = try await romeo.expect("iq[@type='get']/{urn:xmpp:ping}ping")
                let id = ping["id"] ?? ""
                switch way {
                case "answer":
                    await romeo.send("<iq type='result' id='\(id)' to='montague.example'/>")
                case "error":
                    await romeo.send(
                        "<iq type='error' id='\(id)' to='montague.example'><error type='cancel'/></iq>"
                    )
                default: await romeo.send(" ")
                }
            }
            #expect(server.log.lines("client is gone").isEmpty)
        }
    }

    @Test
    func `space between stanzas is nothing`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.send(" \n\t\r\n" + String(repeating: " ", count: 300_000))
            await romeo.send(
                " <message to='juliet@capulet.example/balcony'><body>hark</body></message> "
            )
            try await juliet.expect("message/body")
            try await romeo.expectNothing()
        }
    }

    @Test
    func `a connection that is cut tells contacts like one that says goodbye`() async throws {
        try await withServer { server in
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            for way in 0..<3 {
                let romeo = try await server.login("romeo@montague.example")
                await romeo.send("<presence to='juliet@capulet.example/balcony'/>")
                try await juliet.expect("presence")
                switch way {
                case 0: await romeo.cut()
                case 1: await romeo.hangUp()
                default:
                    await romeo.send("<broken")
                    await romeo.cut()
                }
                try await juliet.expect("presence[@type='unavailable']")
            }
        }
    }
}
