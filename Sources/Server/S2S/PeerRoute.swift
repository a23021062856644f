import MartletCore
import MartletNet
import MartletStreams

/// How stanzas of one pair of domains get to the peer: their queue, their stream, and its rests.
///
/// What happened in, what to do out; the time is handed in. A pair has one stream at most that it
/// writes to, and goes over to another when the old one has given back what it did not write: so
/// stanzas stay in order (RFC 6120 §10.1), and each is written or returned, once.
struct PeerRoute {
    /// An attempt to reach the peer: from its look-up, over as many places as it takes, to a pair.
    struct Leg {
        let attempt: UInt64
        var until: ShardInstant
        /// Nil while places are dialled.
        var link: (any PeerLink)?
        /// Whether the link was made to ask questions alone: it must be told to want the pair.
        var isAsking = false
        var isFeatured = false
        /// Stanzas of the pair may be written, though it is there for questions.
        var isAuthorized = false
        /// What ended the link to a place before; it says more than that others did not answer.
        var fault: S2SFault?
    }

    enum State {
        case idle
        /// Looking up, connecting, negotiating.
        case seeking(Leg)
        /// `number` is that of the attempt that led to it.
        case open(any PeerLink, since: ShardInstant, number: UInt64)
        /// An incoming stream that is written to (XEP-0288).
        case borrowed(any PeerLink, since: ShardInstant)
        /// We end it; what it gives back comes before what is queued.
        case closing(any PeerLink, next: (any PeerLink)?)
        /// A stream was lost, and stanzas wait for the next one.
        case pausing(until: ShardInstant)
        /// All is returned at once, for this reason.
        case resting(until: ShardInstant, S2SFault)
    }

    enum Event: Sendable {
        case take([Stanza])
        case fence(passed: @Sendable () -> Void)
        case ask(
            DialbackQuestion,
            over: ObjectIdentifier,
            reply: @Sendable (DialbackOutcome) -> Void
        )
        /// A place took the connection.
        case linked(UInt64, any PeerLink)
        /// No place is left.
        case exhausted(UInt64, S2SFault)
        case featured(any PeerLink)
        case authorized(any PeerLink)
        case refused(any PeerLink, S2SFault)
        case answered(DialbackQuestion, DialbackOutcome)
        case reversible(any PeerLink)
        case congested(any PeerLink)
        case writable(any PeerLink)
        case undelivered(any PeerLink, unwritten: [Stanza], unacknowledged: [Stanza], S2SFault)
        /// Nothing comes from this link any more.
        case closed(any PeerLink, S2SFault)
        case met
        /// The answer to `.inspect`: when a stanza last passed; nil if something is under way on it.
        case quiet(any PeerLink, since: ShardInstant?)
        /// Nothing goes to the peer any more; streams end with the error if there is one.
        case bar(S2SFault, StreamError?)
        case unbar
        /// Time has passed.
        case tick
    }

    enum Action: Sendable {
        case dial(UInt64, isFresh: Bool)
        /// The link was no good: the next place; `.exhausted` if there is none.
        case dialNext(UInt64, S2SFault)
        /// The attempt has come to its end, and its places are forgotten.
        case forget(UInt64)
        case want(any PeerLink)
        case write(any PeerLink, [Stanza])
        case ask(any PeerLink, DialbackQuestion)
        case reply(@Sendable (DialbackOutcome) -> Void, DialbackOutcome)
        /// Returns stanzas to their senders; whether the peer may have got them all the same.
        case bounce([Stanza], S2SFault, mayHaveArrived: Bool)
        case pass(@Sendable () -> Void)
        case inspect(any PeerLink)
        case end(any PeerLink, StreamError?)
    }

    struct Fence {
        /// Queued stanzas before it.
        var ahead: Int
        let until: ShardInstant
        let passed: @Sendable () -> Void
    }

    /// How long a fence waits at most, and the connection after which failures are forgotten.
    static let fenceTime = Duration.seconds(5)
    static let provenTime = Duration.seconds(60)

    var rules: PeerRules
    var state = State.idle
    var queue = PeerQueue()
    /// The stream of `state` takes nothing more for now.
    var isHeld = false
    /// A look-up must not rely on what is remembered: the peer is known to live.
    var isFresh = false
    /// A stream was lost soon after it was opened, and stanzas waited: the next time the pair rests.
    var isSecondChance = false
    /// Failures in a row before a stream was open.
    var failures: UInt8 = 0
    /// Why nothing goes there.
    var barred: S2SFault?
    /// When a stanza was written last, or something ended.
    var lastUsed: ShardInstant
    var fences: [Fence] = []
    var questions: [PeerQuestion] = []
    /// A stream beside, for questions alone.
    var asking: Leg?
    /// Why no server was found to ask just now: who asks until then is told the same.
    var unanswered: (fault: S2SFault, until: ShardInstant)?
    var actions: [Action] = []
    private var lastAttempt: UInt64
    private var chance: UInt64

    /// - Parameters:
    ///   - rules: what is allowed.
    ///   - serial: tells its attempts from those of other routes.
    ///   - seed: of its chance.
    ///   - now: the time.
    init(_ rules: PeerRules, serial: UInt32 = 0, seed: UInt64, at now: ShardInstant) {
        self.rules = rules
        lastAttempt = UInt64(serial) << 32
        chance = seed
        lastUsed = now
    }

    var limits: S2SLimits { rules.limits }

    mutating func receive(_ event: Event, at now: ShardInstant) -> [Action] {
        if case .closed(let link, let fault) = event, asking?.link === link {
            // First: what is due now may be to open this very stream for stanzas.
            closeAsking(fault, now)
            passTime(now)
        } else {
            passTime(now)
            follow(event, now)
        }
        settleQuestions(now)
        defer { actions = [] }
        return actions
    }

    private mutating func follow(_ event: Event, _ now: ShardInstant) {
        switch event {
        case .take(let stanzas): take(stanzas, now)
        case .fence(let passed): raise(passed, now)
        case .ask(let question, let over, let reply): ask(question, over, reply, now)
        case .linked(let attempt, let link): note(link, of: attempt)
        case .exhausted(let attempt, let fault): giveUp(attempt, fault, now)
        case .featured(let link): noteFeatures(of: link)
        case .authorized(let link): open(link, now)
        case .refused(let link, let fault): refuse(link, fault, now)
        case .answered(let question, let outcome): answer(question, outcome)
        case .reversible(let link): borrow(link, now)
        case .congested(let link): if writes(to: link) { isHeld = true }
        case .writable(let link): resume(link, now)
        case .undelivered(let link, let unwritten, let unacknowledged, let fault):
            takeBack(unwritten, unacknowledged, of: link, fault, now)
        case .closed(let link, let fault): close(link, fault, now)
        case .met: meet()
        case .quiet(let link, let since): retire(link, quietSince: since, now)
        case .bar(let fault, let error): bar(fault, error, now)
        case .unbar: barred = nil
        case .tick: inspect(now)
        }
    }

    /// What a connection of this attempt is for; nil if nobody waits for it any more.
    func purpose(of attempt: UInt64) -> Purpose? {
        if case .seeking(let leg) = state, leg.attempt == attempt { return .stanzas }
        return asking?.attempt == attempt ? .questions : nil
    }

    enum Purpose { case stanzas, questions }

    mutating func nextAttempt() -> UInt64 {
        lastAttempt += 1
        return lastAttempt
    }

    /// A number from 0 to 1, evenly (SplitMix64).
    mutating func roll() -> Double {
        chance &+= 0x9E37_79B9_7F4A_7C15
        var mixed = chance
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / Double(1 << 53)
    }
}
