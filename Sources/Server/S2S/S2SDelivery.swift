import MartletCore
import MartletStreams

/// What was given to a stream and is not known to have arrived: each stanza is in one place here until
/// it is, or goes back.
///
/// How that is known is up to the peer: by acknowledgements (XEP-0198); where it gives none, by its
/// answer to a ping that was written behind; where it does not answer either, the kernel's word that
/// the bytes are on their way must do.
struct S2SDelivery: Sendable {
    typealias Item = (pair: DomainPair, stanza: Stanza)

    var management: StreamManagement
    /// Not written: the peer does not read, or owes too many acknowledgements.
    private(set) var held: [Item] = []
    /// Written on a stream without acknowledgements.
    private var inFlight: [Item] = []
    /// How many were written that way, over all.
    private(set) var serial: UInt64 = 0
    /// Whether the peer has ever answered a ping.
    private(set) var isEchoing = false
    private(set) var written = 0
    private let limit: Int

    init(_ limits: S2SLimits) {
        var bounds = StreamManagement.Limits()
        bounds.stanzas = limits.queueStanzas
        limit = limits.queueStanzas
        management = StreamManagement(limits: bounds)
    }

    /// Whether no more should be written until the peer has taken some.
    var isFull: Bool { management.isFull || isEchoing && inFlight.count >= limit }
    /// Whether all that was given has arrived, as far as can be known.
    var isEmpty: Bool { held.isEmpty && inFlight.isEmpty && management.count == 0 }
    /// Whether a ping would tell something.
    var wantsEcho: Bool { !inFlight.isEmpty && !management.isCounting }
    /// Whether the kernel's word is all there is.
    var awaitsFlush: Bool { !inFlight.isEmpty && !isEchoing }

    mutating func hold(_ stanzas: [Stanza], for pair: DomainPair) {
        held += stanzas.map { (pair, $0) }
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

    /// The kernel has all that was written.
    mutating func flushed() {
        if !isEchoing { inFlight = [] }
    }

    /// The peer answered a ping that was written behind so many.
    mutating func echoed(upTo answered: UInt64) {
        isEchoing = true
        let left = Int(clamping: serial - min(answered, serial))
        inFlight.removeFirst(max(0, inFlight.count - left))
    }

    /// What each pair has to hear of, in the order of its writing; nothing is left here.
    mutating func settle() -> [(pair: DomainPair, unwritten: [Stanza], unacknowledged: [Stanza])] {
        let sent = management.unacknowledged.map { Item($0.0, $0.1) } + inFlight
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
