/// Everybody in turn.
extension Crew {
    /// Has clients do something, so many at a time, and returns when each has called what it was given.
    ///
    /// - Parameters:
    ///   - first: the first client it is for; all that came later are, too.
    ///   - width: how many are at it at any time.
    ///   - seconds: after which something is taken for lost.
    ///   - task: is given a client, and what to call when it is done.
    /// - Throws: what a client met.
    func each(
        from first: Int = 0,
        width: Int = 100,
        within seconds: Int = 600,
        _ task: @escaping @Sendable (Client, @escaping () -> Void) -> Void
    ) async throws {
        try await perform(within: seconds) { [self] in
            let line = Line(clients[first...], task) { self.finish() }
            awaited = { line.busy }
            line.begin(width)
        }
    }
}

/// Clients that wait for their turn.
private final class Line {
    private let clients: ArraySlice<Client>
    private let task: (Client, @escaping () -> Void) -> Void
    private let finish: () -> Void
    private var next: Int
    private var done: Set<Int> = []

    init(
        _ clients: ArraySlice<Client>,
        _ task: @escaping (Client, @escaping () -> Void) -> Void,
        finish: @escaping () -> Void
    ) {
        self.clients = clients
        self.task = task
        self.finish = finish
        next = clients.startIndex
    }

    func begin(_ width: Int) {
        guard !clients.isEmpty else { return finish() }
        for _ in 0..<width { step() }
    }

    private func step() {
        guard next < clients.endIndex else { return }
        let number = next
        next += 1
        task(clients[number]) { [self] in
            done.insert(number)
            if done.count == clients.count { finish() } else { step() }
        }
    }

    /// Those who are at it.
    var busy: [String] {
        (clients.startIndex..<next).filter { !done.contains($0) }.map { clients[$0].username }
    }
}
