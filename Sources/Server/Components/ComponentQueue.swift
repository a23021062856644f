import MartletCore
import MartletNet

/// Stanzas in line, the oldest first, and how many bytes they are.
struct ComponentQueue {
    typealias Item = ComponentSeats.Item

    private var items: [Item] = []
    private var byteCount = 0

    /// When the first of them came.
    var oldest: ShardInstant? { items.first?.since }

    func hasRoom(for stanza: Stanza, _ settings: ComponentSettings) -> Bool {
        items.count < settings.queueStanzas
            && byteCount + stanza.element.byteCount <= settings.queueBytes
    }

    mutating func append(_ item: Item) {
        items.append(item)
        byteCount += item.stanza.element.byteCount
    }

    /// Puts items before all others.
    mutating func putBack(_ earlier: [Item]) {
        items = earlier + items
        byteCount += Self.byteCount(of: earlier)
    }

    mutating func takeAll() -> [Item] {
        defer { self = ComponentQueue() }
        return items
    }

    /// Takes those out that have waited for that long.
    mutating func takeExpired(_ limit: Duration, at now: ShardInstant) -> [Item] {
        let late = Array(items.prefix { $0.since.duration(to: now) >= limit })
        items.removeFirst(late.count)
        byteCount -= Self.byteCount(of: late)
        return late
    }

    private static func byteCount(of items: [Item]) -> Int {
        items.reduce(0) { $0 + $1.stanza.element.byteCount }
    }
}
