import Synchronization

/// Chooses shards in turn, so that streams arrive on all of them.
struct Places: ~Copyable, Sendable {
    private let count: Int
    private let last = Atomic<Int>(0)

    init(count: Int) {
        self.count = count
    }

    func next() -> Int {
        last.wrappingAdd(1, ordering: .relaxed).newValue % count
    }
}
