import MartletCore
import MartletNet
import MartletStorage

/// A session's side of XEP-0198: what its client has not acknowledged, and how it may come back.
struct SessionManagement {
    /// A stanza on its way, and who wants to know what becomes of it.
    struct Sent: Sendable {
        let stanza: Stanza
        let receipt: Receipt?
        let time = Timestamp.now()
    }

    /// What the client must say to resume; nil when it did not ask for that.
    var token: String?
    var queue = AckQueue<Sent>()
    /// How many of the client's stanzas were dealt with, modulo 2³².
    private(set) var handled: UInt32 = 0
    /// Bare addresses that the client's stanzas went to since the last round was begun.
    var destinations: Set<JID> = []
    /// Those who want to know the count, for the next round.
    var questions: [Answer] = []
    /// Those who want to know it once nothing is in line on the stream.
    var drainQuestions: [Answer] = []
    /// The count that waits for its stanzas to be dealt with elsewhere.
    var round: SettlingRound?
    /// Sent since the client was last asked for an acknowledgement.
    var unasked = 0
    /// Ends the session when its client does not come back.
    var expiry: TimerID?

    /// How many stanzas are sent before the client is asked what it has.
    static let askAfter = 5

    /// Stanzas in line that do not count, or count already.
    private var uncounted = 0

    /// Begins while so many of the client's stanzas are in line, which do not count: they came before
    /// (XEP-0198 §3).
    init(token: String?, pending: Int) {
        self.token = token
        uncounted = pending
    }

    mutating func countHandled() {
        if uncounted > 0 { uncounted -= 1 } else { handled &+= 1 }
    }

    /// Counts what is still in line, so that a client that comes back does not send it again.
    mutating func countPending(_ pending: Int) {
        handled &+= UInt32(truncatingIfNeeded: pending - uncounted)
        uncounted = pending
    }
}
