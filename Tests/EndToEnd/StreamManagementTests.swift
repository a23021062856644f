import MartletCore
import MartletRouter
import MartletServer
import MartletXML
import Testing

/// XEP-0198 misused (attacks 37).
@Suite(.timeLimit(.minutes(5)))
struct StreamManagementTests {
    private static let sm = "urn:xmpp:sm:3"

    private func enable(_ client: RawClient, resume: Bool = true) async throws -> String {
        await client.send("<enable xmlns='\(Self.sm)' resume='\(resume)'/>")
        let enabled = try await client.expect("{\(Self.sm)}enabled")
        return enabled["id"] ?? ""
    }

    private func resume(_ client: RawClient, _ id: String, h: String = "0") async {
        await client.send("<resume xmlns='\(Self.sm)' previd='\(id)' h='\(h)'/>")
    }

    @Test(arguments: ["1", "4294967295"])
    func `more acknowledged than sent ends the stream`(h: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            _ = try await enable(romeo)
            await romeo.send("<a xmlns='\(Self.sm)' h='\(h)'/>")
            let error = try await romeo.expectStreamError("undefined-condition")
            let detail = error.child("handled-count-too-high", in: Self.sm)
            #expect(detail?["h"] == h)
            #expect(detail?["send-count"] == "0")
        }
    }

    @Test(arguments: ["", "h='x'", "h='-1'", "h='4294967296'"])
    func `an acknowledgement without a count ends the stream`(h: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            _ = try await enable(romeo)
            await romeo.send("<a xmlns='\(Self.sm)' \(h)/>")
            try await romeo.expectStreamError("bad-format")
        }
    }

    @Test
    func `nobody resumes what is not there, or is somebody else's`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let id = try await enable(romeo)
            await romeo.cut()
            try await romeo.ended()
            let mercutio = try await server.authenticated("mercutio@montague.example")
            let namesake = try await server.authenticated("romeo@capulet.example")
            for (client, guess) in [
                (mercutio, id), (namesake, id), (mercutio, "guess"), (mercutio, ""),
            ] {
                await resume(client, guess)
                let failed = try await client.expect("{\(Self.sm)}failed")
                #expect(failed.firstChild?.name == "item-not-found")
                #expect(!"\(failed)".contains("romeo"))
            }
            try await mercutio.bind()
            try await mercutio.expectNothing()
            let again = try await server.authenticated("romeo@montague.example")
            await resume(again, id)
            try await again.expect("{\(Self.sm)}resumed")
        }
    }

    @Test(arguments: [
        "<resume xmlns='urn:xmpp:sm:3'/>", "<resume xmlns='urn:xmpp:sm:3' previd='x'/>",
        "<resume xmlns='urn:xmpp:sm:3' previd='x' h='much'/>", "<enable xmlns='urn:xmpp:sm:3'/>",
    ])
    func `what makes no sense before binding fails, and binding goes on`(
        bytes: String
    ) async throws {
        try await withServer { server in
            let romeo = try await server.authenticated("romeo@montague.example")
            await romeo.send(bytes)
            try await romeo.expect("{\(Self.sm)}failed")
            try await romeo.bind()
            try await romeo.expectNothing()
        }
    }

    @Test
    func `enabling twice or resuming when bound fails and changes nothing`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let id = try await enable(romeo)
            await romeo.send("<enable xmlns='\(Self.sm)'/>")
            try await romeo.expect("{\(Self.sm)}failed")
            await resume(romeo, id)
            try await romeo.expect("{\(Self.sm)}failed")
            await romeo.send("<r xmlns='\(Self.sm)'/>")
            let answer = try await romeo.expect("{\(Self.sm)}a")
            #expect(answer["h"] == "0")
        }
    }

    @Test
    func `two that resume one session at once leave one of them`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let id = try await enable(romeo)
            await romeo.cut()
            var contenders: [RawClient] = []
            for _ in 0..<5 {
                contenders.append(try await server.authenticated("romeo@montague.example"))
            }
            await withTaskGroup(of: Void.self) { group in
                for client in contenders { group.addTask { await resume(client, id) } }
            }
            var resumed = 0
            for client in contenders {
                try await client.expect("{\(Self.sm)}resumed|{\(Self.sm)}failed")
                resumed += 1
            }
            #expect(resumed == 5, "each in turn takes it from the one before")
            let juliet = try await server.login("juliet@capulet.example")
            let to = try await romeo.jid
            await juliet.send("<message id='to-one' to='\(to)'><body>hark</body></message>")
            try await juliet.expectNothing()
            var receivers = 0
            for client in contenders {
                let isLast = try await client.receives("to-one")
                receivers += isLast ? 1 : 0
            }
            #expect(receivers == 1)
        }
    }

    @Test
    func `what a lost client did not acknowledge comes again, once, in order`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let id = try await enable(juliet)
            let send = { (range: Range<Int>) in
                for index in range {
                    await romeo.send(
                        "<message id='\(index)' to='juliet@capulet.example/balcony'><body/></message>"
                    )
                }
                try await romeo.expectNothing()
            }
            try await send(0..<3)
            try await juliet.skip(to: "message[@id='2']")
            await juliet.cut()
            try await juliet.ended()
            try await send(3..<6)
            let again = try await server.authenticated("juliet@capulet.example")
            await resume(again, id, h: "2")
            try await again.expect("{\(Self.sm)}resumed")
            for index in 2..<6 { try await again.expect("message[@id='\(index)']") }
            try await again.expect("{\(Self.sm)}r")
        }
    }

    @Test
    func `a client that never acknowledges is given up, and its messages are kept`() async throws {
        try await withServer { settings in
            for index in settings.domains.indices {
                settings.domains[index].limits.unacknowledgedStanzas = 20
            }
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            _ = try await enable(juliet)
            let message =
                "<message type='chat' to='juliet@capulet.example/balcony'><body>hark</body></message>"
            await romeo.send(String(repeating: message, count: 30))
            try await juliet.skip(
                to: "{\(Namespace.streams)}error/{\(Namespace.streamErrors)}resource-constraint"
            )
            try await juliet.expectClosed()
            try await romeo.expectNothing()
            let again = try await server.login("juliet@capulet.example")
            await again.send("<presence/>")
            for _ in 0..<30 { try await again.expect("message/body") }
            try await again.expect("presence")
            try await again.expectNothing()
        }
    }

    @Test
    func `a flood of requests is answered in order`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            _ = try await enable(romeo)
            let ask = "<presence to='u@verona.example' type='error'/><r xmlns='\(Self.sm)'/>"
            await romeo.send(String(repeating: ask, count: 5_000))
            for count in 1...5_000 {
                let answer = try await romeo.expect("{\(Self.sm)}a")
                #expect(answer["h"] == "\(count)")
            }
        }
    }
}
