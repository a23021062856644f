import MartletCore
import MartletNet
import MartletRouter

/// What a component said that homes may still have before them.
struct ComponentRound: Sendable {
    /// Destinations that are remembered before they are asked.
    static let destinationLimit = 256
    /// Stanzas that homes may have before them; with more, the component is read no further.
    static let stanzaLimit = 1_000

    /// Stanzas that were handed over since the last round began.
    private var count = 0
    /// The accounts that they went to.
    private var destinations: Set<JID> = []
    /// Whether homes are being asked.
    var isUnderWay = false

    var isFull: Bool {
        count >= Self.stanzaLimit || destinations.count >= Self.destinationLimit
    }

    mutating func note(_ stanza: Stanza) {
        count += 1
        if let to = stanza.to, to.hasLocalpart { destinations.insert(to.bare) }
    }

    /// Begins a round: gives those who are to be asked.
    mutating func begin() -> Set<JID> {
        defer {
            self = ComponentRound()
            isUnderWay = true
        }
        return destinations
    }
}

/// From the component to homes.
extension ComponentConnection {
    /// The home of this shard, through which everything from elsewhere goes.
    private var home: RouterShard { service.router.homes[shard.index] }

    /// Hands over what the component says; homes that wait for the store are not given ever more.
    func hand(over stanza: Stanza) {
        if isOurs {
            home.enter(with: stanza) { $0.route($1) }
        } else {
            home.enter(with: stanza) { $0.receive(fromElsewhere: $1) }
        }
        round.note(stanza)
        guard round.isFull else { return }
        if round.isUnderWay { edge.pause(.home) } else { beginRound() }
    }

    private func beginRound() {
        let destinations = round.begin()
        home.assumeIsolated { home in
            home.whenDealtWith(destinations) { [self] in
                shard.submit { self.assumeIsolated { $0.endRound() } }
            }
        }
    }

    private func endRound() {
        round.isUnderWay = false
        edge.resume(.home)
        if round.isFull { beginRound() }
    }
}
