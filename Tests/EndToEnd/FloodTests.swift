import MartletCore
import MartletNet
import MartletRouter
import MartletXML
import Testing

/// Many connections, slow ones, and more than the rates allow (attacks 12, 13, 22, 34).
@Suite(.timeLimit(.minutes(5)))
struct FloodTests {
    @Test
    func `those who do not log in are ended in time`() async throws {
        let clock = ManualClock()
        try await withServer(
            { $0.clients.loginTime = .seconds(4) },
            clock: clock
        ) { server in
            let silent = try await server.connect()
            let opened = try await server.stream()
            let trickling = try await server.connect()
            await trickling.drip("<?xml version='1.0'?><str")
            let unbound = try await server.authenticated("romeo@montague.example")
            while server.server.connectionCount < 4, !Task.isCancelled { await Task.yield() }
            await server.server.settle()
            clock.advance(by: .seconds(4))
            for client in [silent, opened, trickling, unbound] {
                try await client.expectStreamError("connection-timeout")
            }
            #expect(server.log.lines("stream error").count == 4)
        }
    }

    @Test
    func `one address has so many strangers and no more`() async throws {
        try await withServer {
            $0.clients.strangersPerAddress = 5
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            var strangers: [RawClient] = []
            for _ in 0..<5 { strangers.append(try await server.stream()) }
            for _ in 0..<20 { try await server.connect().ended() }
            try await romeo.expectNothing()
            #expect(server.log.lines("too many strangers").count == 20)
            for stranger in strangers { await stranger.hangUp() }
            _ = try await server.log.first(5, "connection closed")
        }
    }

    @Test
    func `one address has so many connections and no more`() async throws {
        try await withServer {
            $0.connectionsPerAddress = 3
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            let others = [try await server.stream(), try await server.stream()]
            // Listeners count apart; this one is full.
            for _ in 0..<20 { try await server.connect().ended() }
            try await romeo.expectNothing()
            for client in others + [romeo] { await client.hangUp() }
            _ = try await server.log.first(3, "connection closed")
        }
    }

    @Test
    func `hundreds that come and go leave nothing behind`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            for round in 0..<4 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<75 {
                        group.addTask { try await Self.comeAndGo(server, way: index % 3) }
                    }
                    try await group.waitForAll()
                }
                _ = try await server.log.first(75 * (round + 1), "connection closed")
                try await romeo.expectNothing()
            }
            #expect(server.server.connectionCount == 1)
        }
    }

    private static func comeAndGo(_ server: TestServer, way: Int) async throws {
        let client = try await server.connect()
        switch way {
        case 0: await client.cut()
        case 1:
            try await client.open()
            await client.cut()
        default:
            try await client.open()
            await client.sendAuth("SCRAM-SHA-256", "n,,n=romeo,r=abc")
            await client.cut()
        }
        try await client.ended()
    }

    @Test
    func `over the rate a client is slowed down and loses nothing`() async throws {
        try await withServer {
            $0.clients.stanzasPerSecond = 100
            $0.clients.burstStanzas = 50
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let to = "juliet@capulet.example/balcony"
            let start = ContinuousClock.now
            await romeo.send(
                (0..<150).map { "<message to='\(to)' id='\($0)'><body>hark</body></message>" }
                    .joined()
            )
            await romeo.send("<presence to='\(to)' id='last'/>")
            for id in 0..<150 { try await juliet.expect("message[@id='\(id)']") }
            try await juliet.expect("presence[@id='last']")
            // What was in one read is taken at once; what is behind it waits until the debt is paid.
            try await romeo.expectNothing()
            #expect(start.duration(to: .now) > .milliseconds(900))
        }
    }

    @Test
    func `over the rate of bytes too`() async throws {
        try await withServer {
            $0.clients.bytesPerSecond = 200_000
            $0.clients.burstBytes = 50_000
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            let start = ContinuousClock.now
            await romeo.send("<message to='montague.example' type='error'><body>")
            await romeo.send(String(repeating: "x", count: 200_000) + "</body></message>")
            try await romeo.expectNothing()
            #expect(start.duration(to: .now) > .milliseconds(600))
        }
    }

    @Test
    func `a client that does not read is cut off, and its peer is not held up`() async throws {
        try await withServer {
            $0.writeBufferBytes = 512 * 1024
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await juliet.pauseReading()
            let body = String(repeating: "x", count: 100_000)
            // How much the kernel takes for her is its own business: until it takes no more.
            for _ in 0..<100 where server.log.lines("connection closed").isEmpty {
                for id in 0..<15 {
                    await romeo.send(
                        "<message type='headline' to='juliet@capulet.example/balcony' id='\(id)'>"
                            + "<body>\(body)</body></message>"
                    )
                }
                try await romeo.expectNothing()
            }
            let closed = try await server.log.first("connection closed")
            #expect(closed.facts["account"] == "juliet@capulet.example")
            try await romeo.expectNothing()
        }
    }

    @Test
    func `a client that asks and does not read its answers is no longer heard`() async throws {
        try await withServer {
            $0.writeBufferBytes = 1024 * 1024
        } _: { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example")
            await romeo.pauseReading()
            let ask =
                "<iq type='get' id='i' to='montague.example'><x xmlns='urn:\(String(repeating: "x", count: 1_000))'/></iq>"
            await romeo.send(String(repeating: ask, count: 10_000))
            try await juliet.expectNothing()
            await romeo.resumeReading()
            for _ in 0..<10_000 { try await romeo.expect("iq[@type='error'][@id='i']") }
        }
    }

    @Test
    func `too many sessions of one account are refused`() async throws {
        try await withServer { settings in
            for index in settings.domains.indices {
                settings.domains[index].limits.sessionsPerAccount = 3
            }
        } _: { server in
            for _ in 0..<3 { _ = try await server.login("romeo@montague.example") }
            let fourth = try await server.authenticated("romeo@montague.example")
            await fourth.send("<iq type='set' id='b'><bind xmlns='\(Namespace.bind)'/></iq>")
            try await fourth.expectError("wait", "resource-constraint", id: "b")
        }
    }
}
