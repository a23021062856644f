import MartletCore
import MartletNet

/// A component's connection, as its route sees it.
protocol ComponentLink: AnyObject, Sendable {
    var shard: Shard { get }
    /// Something waits for it: it is to take what it can. From any thread.
    func wake()
    /// It serves no more. From any thread.
    func end(_ error: StreamError)
}

/// Who serves a component's domain, and what waits for them (XEP-0114).
///
/// Pure: time is given, and what is to be done comes out. Stanzas between the same two accounts go by
/// the same connection, so that they stay in order.
struct ComponentSeats {
    /// A stanza that was not written yet.
    struct Item: Sendable {
        let stanza: Stanza
        let since: ShardInstant
    }

    /// What is to be done, outside of the lock.
    struct Outcome: Sendable {
        var returned: [(stanza: Stanza, error: StanzaError)] = []
        var woken: [any ComponentLink] = []
        var ended: [(link: any ComponentLink, error: StreamError)] = []
        /// After that time `expire` is to be called.
        var alarm: Duration?
    }

    private struct Seat {
        let link: any ComponentLink
        var queue = ComponentQueue()
        /// It was woken, and has not found its queue empty since.
        var isAwake = false
        /// It cannot write, and will ask when it can.
        var isCongested = false
    }

    var settings: ComponentSettings
    private var seats: [Seat] = []
    /// What waits for somebody to come.
    private var waiting = ComponentQueue()
    private var hasAlarm = false
    private var isClosed = false

    init(_ settings: ComponentSettings) {
        self.settings = settings
    }

    /// Whether one more would be refused.
    var isTaken: Bool { settings.whenTaken == .refuse && seats.count >= settings.connections }
    var count: Int { seats.count }

    // MARK: Stanzas

    mutating func take(_ stanza: Stanza, at now: ShardInstant) -> Outcome {
        let item = Item(stanza: stanza, since: now)
        guard !seats.isEmpty else { return hold(item) }
        let index = seat(for: stanza)
        guard seats[index].isCongested else { return give(item, to: index) }
        guard !isClosed, seats[index].queue.hasRoom(for: stanza, settings) else {
            return Outcome(returned: [(stanza, .resourceConstraint)])
        }
        seats[index].queue.append(item)
        return alarming(Outcome(), at: now)
    }

    /// Nobody is there.
    private mutating func hold(_ item: Item) -> Outcome {
        guard settings.whileAway == .queue, !isClosed else {
            return Outcome(returned: [(item.stanza, .serviceUnavailable)])
        }
        guard waiting.hasRoom(for: item.stanza, settings) else {
            return Outcome(returned: [(item.stanza, .resourceConstraint)])
        }
        waiting.append(item)
        return alarming(Outcome(), at: item.since)
    }

    private mutating func give(_ item: Item, to index: Int) -> Outcome {
        seats[index].queue.append(item)
        guard !seats[index].isAwake else { return Outcome() }
        seats[index].isAwake = true
        return Outcome(woken: [seats[index].link])
    }

    private func seat(for stanza: Stanza) -> Int {
        guard seats.count > 1 else { return 0 }
        let (from, to) = (stanza.from?.bareHash ?? 0, stanza.to?.bareHash ?? 0)
        return Int(truncatingIfNeeded: (from &* 31 &+ to) % UInt64(seats.count))
    }

    /// All that waits for a connection, which can write now; none when it has no seat, or nothing waits.
    mutating func next(for link: any ComponentLink) -> [Item] {
        guard let index = index(of: link) else { return [] }
        seats[index].isCongested = false
        let items = seats[index].queue.takeAll()
        seats[index].isAwake = !items.isEmpty
        return items
    }

    /// What a connection did not write, since it is congested; it asks for the `next` when it is not.
    mutating func putBack(
        _ items: [Item],
        for link: any ComponentLink,
        at now: ShardInstant
    ) -> Outcome {
        guard let index = index(of: link) else { return share(items, at: now) }
        seats[index].isCongested = true
        seats[index].queue.putBack(items)
        return alarming(Outcome(), at: now)
    }

    // MARK: Connections

    /// Gives a connection a seat; false when all are taken, and nobody has to go for it.
    mutating func join(
        _ link: any ComponentLink,
        at now: ShardInstant
    ) -> (isSeated: Bool, outcome: Outcome) {
        guard !isClosed, !isTaken else { return (false, Outcome()) }
        var outcome = Outcome()
        var items: [Item] = []
        while seats.count >= max(settings.connections, 1) {
            var oldest = seats.removeFirst()
            items += oldest.queue.takeAll()
            outcome.ended.append((oldest.link, StreamError(.conflict)))
        }
        seats.append(Seat(link: link))
        let shared = share(items + waiting.takeAll(), at: now)
        (outcome.woken, outcome.alarm) = (shared.woken, shared.alarm)
        return (true, outcome)
    }

    /// A connection is gone; `unwritten` is what it took and did not get rid of.
    mutating func leave(
        _ link: any ComponentLink,
        unwritten: [Item],
        at now: ShardInstant
    ) -> Outcome {
        guard let index = index(of: link) else { return share(unwritten, at: now) }
        var seat = seats.remove(at: index)
        return share(unwritten + seat.queue.takeAll(), at: now)
    }

    /// Finds other places for what has lost its own.
    private mutating func share(_ items: [Item], at now: ShardInstant) -> Outcome {
        var outcome = Outcome()
        for item in items {
            if seats.isEmpty {
                // Nothing is refused for want of room that had some before.
                if settings.whileAway == .queue, !isClosed {
                    waiting.append(item)
                } else {
                    outcome.returned.append((item.stanza, .serviceUnavailable))
                }
            } else {
                outcome.woken += give(item, to: seat(for: item.stanza)).woken
            }
        }
        return alarming(outcome, at: now)
    }

    /// The server is about to stop: what waits goes back while its senders are there, and nobody comes any
    /// more for whom something could wait.
    mutating func stopWaiting() -> Outcome {
        isClosed = true
        var items = waiting.takeAll()
        for index in seats.indices where seats[index].isCongested {
            items += seats[index].queue.takeAll()
        }
        return Outcome(returned: items.map { ($0.stanza, StanzaError(.serviceUnavailable, .wait)) })
    }

    /// The domain is a component's no more, or the server stops: nothing waits any longer.
    mutating func close(_ error: StreamError) -> Outcome {
        isClosed = true
        var items = waiting.takeAll()
        var outcome = Outcome()
        for index in seats.indices {
            items += seats[index].queue.takeAll()
            outcome.ended.append((seats[index].link, error))
        }
        seats = []
        outcome.returned = items.map { ($0.stanza, .serviceUnavailable) }
        return outcome
    }

    private func index(of link: any ComponentLink) -> Int? {
        seats.firstIndex { $0.link === link }
    }

    // MARK: Time

    /// Returns what has waited for too long.
    mutating func expire(at now: ShardInstant) -> Outcome {
        hasAlarm = false
        var outcome = Outcome()
        let limit = settings.queueTime
        var late = waiting.takeExpired(limit, at: now)
        for index in seats.indices where seats[index].isCongested {
            late += seats[index].queue.takeExpired(limit, at: now)
        }
        outcome.returned = late.map { ($0.stanza, StanzaError(.serviceUnavailable, .wait)) }
        return alarming(outcome, at: now)
    }

    /// Has the alarm set if something waits and it is not.
    private mutating func alarming(_ outcome: Outcome, at now: ShardInstant) -> Outcome {
        guard !hasAlarm else { return outcome }
        let queues = [waiting] + seats.filter(\.isCongested).map(\.queue)
        guard let oldest = queues.compactMap(\.oldest).min() else { return outcome }
        hasAlarm = true
        var outcome = outcome
        let left = settings.queueTime - oldest.duration(to: now)
        outcome.alarm = max(left, .milliseconds(10))
        return outcome
    }
}
