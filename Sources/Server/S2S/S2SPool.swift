import Logging
import MartletCore
import MartletCrypto
import MartletNet
import MartletStreams

/// Which stream is to be made of a connection that was dialled.
struct S2SLinkOrder: Sendable {
    /// Ours → the peer's: the domains of the stream's header.
    let pair: DomainPair
    /// TLS before anything else (XEP-0368).
    let isDirect: Bool
    /// Where it leads, for who lists streams.
    let address: String
    /// Nothing is wanted of it but to ask questions; otherwise it wants its pair as soon as it can.
    let isAsking: Bool
    /// Is told what happens on it: it was made for that, and carries no stanzas.
    var witness: S2SWitness?
}

/// Is told what a stream hears, and how it is secured; on the stream's shard.
typealias S2SWitness = @Sendable (S2SEvent, TLSInfo?) -> Void

/// Makes a stream of a connection, on its shard: takes it over, and tells the pool what happens.
typealias S2SLinkMaker =
    @Sendable (Transport, S2SLinkOrder, any PeerPool) -> any PeerLink

/// What pools need of the rest of the server.
struct S2SPoolTerms: Sendable {
    var dialler: any PeerDialler
    var makeLink: S2SLinkMaker
    /// Returns a stanza that did not go to its sender; on the pool's shard.
    var bounce: @Sendable (Stanza, StanzaError, Shard) -> Void
    /// Whether a domain is ours to send from.
    var isOurs: @Sendable (JID) -> Bool
    /// Whether there are streams between a domain of ours and a peer.
    var admits: @Sendable (DomainPair) -> Bool
    var limits: @Sendable () -> S2SLimits
    /// One for all pools of the process.
    var budget: S2SBudget
    var failures = PeerFailures()
    var log: Logger
}

/// The ways to all peers whose domains hash to one shard.
///
/// It does what the routes of its pairs say. Others put down mail, from any shard; streams that it dialled are
/// on its own.
actor S2SPool: ShardHomed, PeerPool {
    /// What stands in the box: others' mail, and what the pool tells itself in its turn.
    enum Letter: Sendable {
        case mail(PoolMail)
        case dialled(DomainPair, UInt64, PeerDial)
        /// `closed`, and nothing can be on its way to or from the link any more.
        case finished(any PeerLink, S2SFault)
        /// What it was given is with the peer, or on its way back.
        case arrived(any PeerLink)
    }

    /// A pair, and what belongs to it outside of its route.
    final class Entry {
        let pair: DomainPair
        var route: PeerRoute
        var attempts: [UInt64: any PeerAttempt] = [:]
        var timer: TimerID?
        var timerDue: ShardInstant?

        init(_ pair: DomainPair, _ route: PeerRoute) {
            self.pair = pair
            self.route = route
        }
    }

    nonisolated let shard: Shard
    nonisolated let terms: S2SPoolTerms
    private nonisolated let box = PostBox<Letter>()
    var rules: PeerRules
    var entries: [DomainPair: Entry] = [:]
    /// The links that routes know, with their pairs.
    var links: [ObjectIdentifier: (link: any PeerLink, pairs: [DomainPair])] = [:]
    var attemptCount = 0
    var sweep: TimerID?
    /// Why nothing is taken any more.
    var end: S2SFault?
    var flushing: [CheckedContinuation<Void, Never>] = []
    /// Links that have something under way, when the server stops; and who waits for them.
    var awaited: [ObjectIdentifier: any PeerLink] = [:]
    var awaiting: [CheckedContinuation<Void, Never>] = []
    private var chance: any RandomNumberGenerator
    private var lastSerial: UInt32 = 0
    /// The pair of the stanza before: that of the next, as a rule.
    private var lastPair: DomainPair?

    init(
        on shard: Shard,
        _ terms: S2SPoolTerms,
        chance: sending any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) {
        self.shard = shard
        self.terms = terms
        self.chance = chance
        rules = PeerRules(terms.limits(), budget: terms.budget)
    }

    nonisolated func post(_ mail: PoolMail) {
        put(.mail(mail))
    }

    nonisolated func put(_ letter: Letter) {
        guard box.append(letter) else { return }
        shard.submit { self.enter(with: ()) { pool, _ in pool.readLetters() } }
    }

    private func readLetters() {
        var group: (pair: DomainPair, stanzas: [Stanza])?
        for letter in box.take() {
            if case .mail(.stanza(let stanza)) = letter {
                guard let pair = pair(of: stanza) else { continue }
                if group?.pair == pair {
                    group?.stanzas.append(stanza)
                } else {
                    send(group)
                    group = (pair, [stanza])
                }
            } else {
                send(group)
                group = nil
                read(letter)
            }
        }
        send(group)
        if !flushing.isEmpty { noteFlush() }
    }

    /// No text is made, nor an address if the stanza before had the same domains.
    private func pair(of stanza: Stanza) -> DomainPair? {
        guard let from = stanza.from, let to = stanza.to else { return nil }
        if let lastPair, lastPair.sender.hasSameDomain(as: from),
            lastPair.target.hasSameDomain(as: to)
        {
            return lastPair
        }
        let pair = DomainPair(sender: from, target: to)
        lastPair = pair
        return pair
    }

    private func send(_ group: (pair: DomainPair, stanzas: [Stanza])?) {
        guard let (pair, stanzas) = group else { return }
        if let end { return bounce(stanzas, of: pair, end) }
        if let entry = entries[pair] { return tell(entry, .take(stanzas)) }
        guard terms.isOurs(pair.sender) else {
            // A plugin's, or of a domain that has just gone; we speak for nobody else.
            return terms.log.warning(
                "stanzas of a domain that is not ours were dropped",
                metadata: ["pair": "\(pair)", "stanzas": "\(stanzas.count)"]
            )
        }
        guard terms.admits(pair) else { return bounce(stanzas, of: pair, .notAdmitted) }
        guard let entry = makeEntry(pair) else { return bounce(stanzas, of: pair, .overloaded) }
        tell(entry, .take(stanzas))
    }

    /// A route for a pair of which nothing is known; nil when there is no room for it.
    func makeEntry(_ pair: DomainPair) -> Entry? {
        guard entries.count < rules.limits.pairsPerShard || makeRoom() else { return nil }
        lastSerial &+= 1
        let seed = chance.next()
        let route = PeerRoute(rules, serial: lastSerial, seed: seed, at: shard.now)
        let entry = Entry(pair, route)
        entries[pair] = entry
        startSweeping()
        return entry
    }

    /// Has a route hear of something, and does what it says.
    func tell(_ entry: Entry, _ event: PeerRoute.Event) {
        let before = entry.route.attemptsUnderWay
        let failures = entry.route.failures
        let actions = entry.route.receive(event, at: shard.now)
        attemptCount += entry.route.attemptsUnderWay - before
        if entry.route.failures > failures { noteFailure(of: entry) }
        for action in actions { perform(action, entry) }
        setTimer(of: entry)
    }

    func bounce(
        _ stanzas: [Stanza],
        of pair: DomainPair,
        _ fault: S2SFault,
        mayHaveArrived: Bool = false
    ) {
        let error = StanzaError(fault, of: pair.target, mayHaveArrived: mayHaveArrived)
        for stanza in stanzas where stanza.isToldOfFailure { terms.bounce(stanza, error, shard) }
    }
}
