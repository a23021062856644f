import MartletCore
import MartletNet
import Synchronization

/// What is for a component's domain, on its way to the connections that serve it.
final class ComponentRoute: StanzaRoute {
    private let shards: [Shard]
    private let returns: @Sendable (Stanza, StanzaError) -> Void
    private let seats: Mutex<ComponentSeats>

    /// `returns` sends a stanza back to its sender, from any thread and later.
    init(
        _ settings: ComponentSettings,
        on shards: [Shard],
        returns: @escaping @Sendable (Stanza, StanzaError) -> Void
    ) {
        self.shards = shards
        self.returns = returns
        seats = Mutex(ComponentSeats(settings))
    }

    var isTaken: Bool { seats.withLock { $0.isTaken } }
    var connectionCount: Int { seats.withLock { $0.count } }

    // MARK: From homes

    func take(_ stanza: Stanza, on shard: Int) {
        let shard = shards[shard]
        carryOut(seats.withLock { $0.take(stanza, at: shard.now) }, on: shard)
    }

    /// What was handed over is on its way, in a bounded queue, or returned: nothing is to be waited for.
    func fence(
        _ pair: DomainPair,
        on shard: Int,
        passed: @escaping @Sendable () -> Void
    ) {
        passed()
    }

    // MARK: From connections, on their shards

    /// Begins to serve; false when all seats are taken.
    func join(_ link: any ComponentLink) -> Bool {
        let now = link.shard.now
        let (isSeated, outcome) = seats.withLock { $0.join(link, at: now) }
        carryOut(outcome, on: link.shard)
        return isSeated
    }

    func leave(_ link: any ComponentLink, unwritten: [ComponentSeats.Item]) {
        let now = link.shard.now
        let outcome = seats.withLock { $0.leave(link, unwritten: unwritten, at: now) }
        carryOut(outcome, on: link.shard)
    }

    func next(for link: any ComponentLink) -> [ComponentSeats.Item] {
        seats.withLock { $0.next(for: link) }
    }

    func putBack(_ items: [ComponentSeats.Item], for link: any ComponentLink) {
        let now = link.shard.now
        carryOut(seats.withLock { $0.putBack(items, for: link, at: now) }, on: link.shard)
    }

    /// Returns what a connection that serves no more has written and nobody took.
    func giveUp(_ items: [ComponentSeats.Item]) {
        for item in items { returns(item.stanza, StanzaError(.serviceUnavailable, .wait)) }
    }

    // MARK: From the service, from any thread

    /// Goes by other settings from now on; connections stay.
    func adopt(_ settings: ComponentSettings) {
        seats.withLock { $0.settings = settings }
    }

    /// Returns what waits, and keeps nothing waiting from now on; connections stay.
    func stopWaiting() {
        carryOut(seats.withLock { $0.stopWaiting() }, on: nil)
    }

    /// Ends the connections, and returns what waits; for good.
    func close(_ error: StreamError) {
        carryOut(seats.withLock { $0.close(error) }, on: nil)
    }

    private func carryOut(_ outcome: ComponentSeats.Outcome, on shard: Shard?) {
        for (stanza, error) in outcome.returned { returns(stanza, error) }
        for link in outcome.woken { link.wake() }
        for (link, error) in outcome.ended { link.end(error) }
        guard let time = outcome.alarm, let shard else { return }
        shard.schedule(after: time) {
            self.carryOut(self.seats.withLock { $0.expire(at: shard.now) }, on: shard)
        }
    }
}
