import Synchronization

/// What other threads put down for an owner: one lock an entry, one wake-up for all of them.
package struct PostBox<Item: Sendable>: ~Copyable, Sendable {
    private let items = Mutex<[Item]>([])

    package init() {}

    /// Puts one more behind the others; true if the owner must be woken to `take`.
    package func append(_ item: Item) -> Bool {
        items.withLock {
            $0.append(item)
            return $0.count == 1
        }
    }

    /// All that is there, the oldest first.
    package func take() -> [Item] {
        items.withLock {
            var taken: [Item] = []
            swap(&taken, &$0)
            return taken
        }
    }
}
