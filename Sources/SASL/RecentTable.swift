/// For each key, the times of the last few events within a window: bounded in every direction.
///
/// Entries live in two generations. When the young one is full it becomes the old one, and the old one
/// goes: eviction costs nothing, and no entry that is written to goes before `entryLimit / 2` others.
package struct RecentTable<Key: Hashable & Sendable>: Sendable {
    private let window: Duration
    private let eventLimit: Int
    private let generationLimit: Int
    private var young: [Key: [Duration]] = [:]
    private var old: [Key: [Duration]] = [:]

    package init(_ window: Duration, _ eventLimit: Int, entryLimit: Int) {
        self.window = window
        self.eventLimit = max(1, eventLimit)
        generationLimit = max(1, entryLimit / 2)
    }

    var entryCount: Int { young.count + old.count }

    /// The events within a window that ends now (by default the table's own), `eventLimit` at most.
    package func count(_ key: Key, _ now: Duration, within window: Duration? = nil) -> Int {
        let window = window ?? self.window
        return (young[key] ?? old[key])?.count { now - $0 < window } ?? 0
    }

    package mutating func note(_ key: Key, _ now: Duration) {
        var times = young[key] ?? old.removeValue(forKey: key) ?? []
        times.removeAll { now - $0 >= window }
        if times.count >= eventLimit { times.removeFirst() }
        times.append(now)
        if young[key] == nil, young.count >= generationLimit {
            old = young
            young = [:]
        }
        young[key] = times
    }

    mutating func forget(_ key: Key) {
        young[key] = nil
        old[key] = nil
    }
}
