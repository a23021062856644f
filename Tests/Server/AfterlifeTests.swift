import Testing

@testable import MartletServer

/// What is left of a server that has stopped, in a process that goes on.
@Suite(.timeLimit(.minutes(5)))
struct AfterlifeTests {
    /// Something of a server's, which may be gone.
    private struct Remains: Sendable {
        let name: String
        private weak let object: (any AnyObject & Sendable)?

        init(_ name: String, _ object: any AnyObject & Sendable) {
            (self.name, self.object) = (name, object)
        }

        var isThere: Bool { object != nil }
    }

    /// Has users and peers, and stops.
    private func live() async throws -> [Remains] {
        var remains: [Remains] = []
        try await Siege.with { siege in
            let server = siege.server
            _ = try await siege.user("mercutio")
            _ = try await siege.guest(as: "peer.example", isBidirectional: true)
            remains = [
                Remains("server", server), Remains("router", server.router),
                Remains("clients", server.clients), Remains("components", server.components),
                Remains("plugins", server.plugins),
            ]
            remains += server.shards.map { Remains("shard \($0.index)", $0) }
            remains += server.router.homes.map { Remains("home \($0.shard.index)", $0) }
            let federation = try #require(server.federation)
            remains += [Remains("federation", federation), Remains("streams", federation.service)]
            remains += federation.pools.map { Remains("pool \($0.shard.index)", $0) }
        }
        return remains
    }

    @Test func `a server that has stopped is gone, and all that it was made of`() async throws {
        let remains = try await live()
        // The last threads and tasks may be on their way out yet.
        let end = ContinuousClock.now.advanced(by: .seconds(20))
        while remains.contains(where: \.isThere), .now < end { await Task.yield() }
        #expect(remains.filter(\.isThere).map(\.name) == [])
    }
}
