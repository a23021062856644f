import MartletCore
import MartletStreams

/// What was given to a stream and is not known to have arrived: each stanza is in one place here until
/// it is, or goes back.
///
/// How that is known is up to the peer: by acknowledgements (XEP-0198); where it gives none, by its
/// answer to a ping that was written behind; where it does not answer either (``becameMute()``), the
/// kernel's word that the bytes are on their way must do. A peer that begins to acknowledge later has
/// got what came before as soon as it has got anything that counts.
struct S2SDelivery: Sendable {
    typealias Item = (pair: DomainPair, stanza: Stanza)

    /// What a peer makes of pings.
    enum Echoing: Sendable {
        /// None was answered yet.
        case unknown
        case answers
        /// The first one was not answered in time, against RFC 6120 §8.2.3.
        case mute
    }

    var management: StreamManagement
    /// Not written: the peer does not read, or owes too many acknowledgements.
    private(set) var held: [Item] = []
    /// Written on a stream without acknowledgements, or before they began.
    private var inFlight: [Item] = []
    /// How many were written that way, over all.
    private(set) var serial: UInt64 = 0
    private(set) var echoing = Echoing.unknown
    private(set) var written = 0
    private let limit: Int
    /// What may be held for one pair.
    private let byteLimit: Int

    init(_ limits: S2SLimits) {
        var bounds = StreamManagement.Limits()
        bounds.stanzas = limits.queueStanzas
        limit = limits.queueStanzas
        byteLimit = limits.queueBytes
        management = StreamManagement(limits: bounds)
    }

    /// Whether no more should be written until the peer has taken some.
    var isFull: Bool { management.isFull || echoing == .answers && inFlight.count >= limit }
    /// Whether all that was given has arrived, as far as can be known.
    var isEmpty: Bool { held.isEmpty && inFlight.isEmpty && management.count == 0 }
    /// How much waits for a ping's answer.
    var inFlightCount: Int { inFlight.count }
    /// Who was written to last, and has not been heard to have got it: a ping of it would tell, unless the
    /// acknowledgement of something later will.
    var wantsEcho: DomainPair? { management.count > 0 ? nil : inFlight.last?.pair }
    /// Whether the kernel's word is of use: it is all there is, or more waits than may.
    var awaitsFlush: Bool { spareable > 0 }

    /// How many of those in flight need nothing more than the kernel's word.
    private var spareable: Int {
        switch echoing {
        case .unknown: max(0, inFlight.count - limit)
        case .answers: 0
        case .mute: inFlight.count
        }
    }

    mutating func hold(_ stanzas: [Stanza], for pair: DomainPair) {
        held += stanzas.map { (pair, $0) }
    }

    /// Takes out what is held for a pair beyond its bounds, the last of it, in order.
    ///
    /// A pool that has not heard yet that the stream takes no more may give all that it has in one turn.
    mutating func takeExcess(of pair: DomainPair) -> [Stanza] {
        guard !held.isEmpty else { return [] }
        var (count, bytes, excess): (Int, Int, [Stanza]) = (0, 0, [])
        held.removeAll { item in
            guard item.pair == pair else { return false }
            count += 1
            bytes += PeerQueue.cost(of: item.stanza)
            // Once there is too much, nothing that came later is kept.
            guard count > limit || bytes > byteLimit || !excess.isEmpty else { return false }
            excess.append(item.stanza)
            return true
        }
        return excess
    }

    /// What is to be written next.
    mutating func takeHeld() -> [Item] {
        defer { held = [] }
        return held
    }

    /// What could not be written after all; it goes on to be the first.
    mutating func putBack(_ items: ArraySlice<Item>) {
        held.insert(contentsOf: items, at: 0)
    }

    mutating func noteWritten(_ stanza: Stanza, for pair: DomainPair) {
        written += 1
        guard !management.isCounting else { return management.sent(stanza, for: pair) }
        serial += 1
        inFlight.append((pair, stanza))
    }

    /// A ping was written: where stanzas are counted, it is one.
    mutating func notePing(_ ping: Stanza, for pair: DomainPair) {
        management.sent(ping, for: pair)
    }

    /// The peer has acknowledged something, and so got all that was written before anything counted.
    mutating func acknowledged() {
        inFlight = []
    }

    /// The kernel has all that was written.
    mutating func flushed() {
        inFlight.removeFirst(spareable)
    }

    /// The first ping was not answered in time.
    mutating func becameMute() {
        echoing = .mute
    }

    /// The peer answered a ping that was written behind so many.
    mutating func echoed(upTo answered: UInt64) {
        echoing = .answers
        let left = Int(clamping: serial - min(answered, serial))
        inFlight.removeFirst(max(0, inFlight.count - left))
    }

    /// What each pair has to hear of, in the order of its writing; nothing is left here.
    mutating func settle() -> [(pair: DomainPair, unwritten: [Stanza], unacknowledged: [Stanza])] {
        // A ping has nobody to come back to.
        let counted = management.unacknowledged.filter { !S2SEchoes.isPing($0.1) }
        let sent = inFlight + counted.map { Item($0.0, $0.1) }
        let unwritten = takeHeld()
        inFlight = []
        management = StreamManagement()
        var pairs: [DomainPair] = []
        for item in sent + unwritten where !pairs.contains(item.pair) { pairs.append(item.pair) }
        return pairs.map { pair in
            (
                pair,
                unwritten.filter { $0.pair == pair }.map(\.stanza),
                sent.filter { $0.pair == pair }.map(\.stanza)
            )
        }
    }
}
