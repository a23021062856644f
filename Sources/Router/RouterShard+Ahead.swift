import MartletCore

/// Messages that stand in line behind one that waits for the store, and begin to be stored meanwhile.
///
/// Those before the handler that waits, and that handler, have seen them; the others see them in their
/// turn. So each goes its way behind the one before it, and what many of them need of the store is done in
/// one go.
extension RouterShard {
    /// How many of one queue may have begun.
    private static let queueLimit = 8
    /// How many of a shard may, so that the store has room for those whose turn it is.
    private static let shardLimit = 2_000

    /// Begins with what comes next in a queue, if it may come as far as the one that waits there.
    ///
    /// - Returns: nil when it has to wait for its turn to begin.
    func begin(
        _ stanza: Stanza,
        at phase: Phase,
        _ context: Context,
        behind last: Ahead?,
        _ count: Int,
        upTo gate: Gate?
    ) -> Ahead? {
        guard let gate, stanza.kind == .message, count == 0 || last?.lets == true,
            count < Self.queueLimit, aheadCount < Self.shardLimit
        else { return nil }
        let chain = context.domain.modules.phases.candidates(at: phase, for: stanza)[...]
        guard gate == Gate(chain, gate.index) else { return nil }
        let word = firstWord(chain[...gate.index], from: chain.startIndex, stanza, context)
        let ahead = Ahead(stanza, chain, context, word ?? (gate.index, .continue))
        var isThere = word == nil
        if let word, case .storing(let begin) = word.verdict {
            // Where another stores it before, too: the answer comes whether anybody waits for it or not.
            store(ahead, begin)
            isThere = word.index == gate.index
        }
        // What was changed on its way has not come to the gate yet, nor may those behind it.
        ahead.lets = isThere
        return ahead
    }

    private func store(_ ahead: Ahead, _ begin: WaitingVerdict) {
        ahead.word = nil
        aheadCount += 1
        beginWork()
        begin(self) { shard, verdict in
            shard.aheadCount -= 1
            ahead.arrive(shard, verdict)
            shard.endWork()
        }
    }

    /// Goes on with one whose turn it is.
    func run(_ ahead: Ahead, later: @escaping Continuation) -> ChainOutcome? {
        goOn(
            from: ahead.word ?? (ahead.index, .storing { ahead.wait($0, $1) }),
            ahead.chain,
            ahead.stanza,
            ahead.context,
            later: later
        )
    }
}

/// Where a chain waits for the store: those that run along the same chain may come there too.
struct Gate: Equatable {
    private let chain: UnsafeRawPointer?
    let index: Int

    /// The context of the stanza that waits keeps the chain, so that its address tells it from others.
    init(_ chain: PhaseTable.Chain, _ index: Int) {
        self.chain = chain.withUnsafeBufferPointer { cells in
            cells.baseAddress.map { UnsafeRawPointer($0 - chain.startIndex) }
        }
        self.index = index
    }
}

/// A message that began before its turn.
///
/// Unchecked: it stays on the one shard that made it.
final class Ahead: @unchecked Sendable {
    let stanza: Stanza
    let chain: PhaseTable.Chain
    /// Of the handler that it came to.
    let index: Int
    let context: Context
    /// What it came to; nil while, or after, it is being stored.
    var word: RouterShard.Word?
    /// Whether those behind it may begin too.
    var lets = true
    private var verdict: Verdict?
    private var done: (@Sendable (isolated RouterShard, Verdict) -> Void)?

    init(
        _ stanza: Stanza,
        _ chain: PhaseTable.Chain,
        _ context: Context,
        _ word: RouterShard.Word
    ) {
        self.stanza = stanza
        self.chain = chain
        index = word.index
        self.context = context
        self.word = word
    }

    /// The store has answered.
    func arrive(_ shard: isolated RouterShard, _ verdict: Verdict) {
        guard let done else {
            self.verdict = verdict
            return
        }
        done(shard, verdict)
    }

    /// It is its turn: `done` is told the verdict, now if it is there.
    func wait(
        _ shard: isolated RouterShard,
        _ done: @escaping @Sendable (isolated RouterShard, Verdict) -> Void
    ) {
        guard let verdict else {
            self.done = done
            return
        }
        done(shard, verdict)
    }
}
