import MartletCore

/// What a whole chain of handlers came to.
enum ChainOutcome: Sendable {
    /// Nobody took it; this is the stanza as the chain left it.
    case passed(Stanza)
    case handled
    case failed(StanzaError, Stanza)
}

extension RouterShard {
    /// Runs the handlers that want the stanza, in their order.
    ///
    /// `later` is made only when a handler says something other than to go on.
    ///
    /// - Returns: the outcome, or nil when a handler waits; `later` is then given it, on this actor.
    func run(
        _ phase: Phase,
        _ stanza: Stanza,
        _ context: Context,
        later: @autoclosure () -> Continuation
    ) -> ChainOutcome? {
        let chain = context.domain.modules.phases.candidates(at: phase, for: stanza)
        guard !chain.isEmpty else { return .passed(stanza) }
        guard let word = firstWord(chain[...], from: 0, stanza, context) else {
            return .passed(stanza)
        }
        return goOn(from: word, chain[...], stanza, context, later: later())
    }

    /// Goes on with what a chain came to that had to wait.
    typealias Continuation = @Sendable (isolated RouterShard, ChainOutcome) -> Void

    /// Runs the rest of a chain.
    private func run(
        _ chain: PhaseTable.Chain,
        _ stanza: Stanza,
        _ context: Context,
        later: @escaping Continuation
    ) -> ChainOutcome? {
        guard let word = firstWord(chain, from: chain.startIndex, stanza, context) else {
            return .passed(stanza)
        }
        return goOn(from: word, chain, stanza, context, later: later)
    }

    /// Does what a handler said, and asks those after it.
    @inline(never)
    func goOn(
        from first: Word,
        _ chain: PhaseTable.Chain,
        _ stanza: Stanza,
        _ context: Context,
        later: @escaping Continuation
    ) -> ChainOutcome? {
        var (stanza, context, word) = (stanza, context, Optional(first))
        while let (index, verdict) = word {
            switch verdict {
            case .continue: break
            case .failed(let error):
                return mend(error, chain[index...], stanza, context, later: later)
            case .replace(let other): stanza = other
            case .passing(let value, let other):
                context.value = value
                stanza = other ?? stanza
            case .handled: return .handled
            case .pending(let work):
                let link = Link(rest: chain[(index + 1)...], menders: chain[index...])
                return wait(for: begun(work), link, stanza, context, later: later)
            case .waiting(let begin):
                let link = Link(rest: chain[(index + 1)...], menders: chain[index...])
                return wait(for: begin, link, stanza, context, later: later)
            case .storing(let begin):
                let link = Link(rest: chain[(index + 1)...], menders: chain[index...])
                let gate = Gate(chain, index)
                return wait(for: begin, link, stanza, context, at: gate, later: later)
            }
            word = firstWord(chain, from: index + 1, stanza, context)
        }
        return .passed(stanza)
    }

    /// Asks error handlers, that of the handler that failed first; who mends it has the chain go on.
    private func mend(
        _ error: StanzaError,
        _ chain: PhaseTable.Chain,
        _ stanza: Stanza,
        _ context: Context,
        later: @escaping Continuation
    ) -> ChainOutcome? {
        var error = error
        for index in chain.indices {
            guard let mend = chain[index].mend, chain[index].wants(stanza) else {
                continue
            }
            let rest = chain[(index + 1)...]
            do {
                switch try mend(self, stanza, error, context) {
                case .continue: return run(rest, stanza, context, later: later)
                case .replace(let other): return run(rest, other, context, later: later)
                case .passing(let value, let other):
                    var context = context
                    context.value = value
                    return run(rest, other ?? stanza, context, later: later)
                case .handled: return .handled
                case .failed(let other): error = other
                case .pending(let work):
                    let link = Link(rest: rest, menders: rest)
                    return wait(for: begun(work), link, stanza, context, later: later)
                case .waiting(let begin), .storing(let begin):
                    let link = Link(rest: rest, menders: rest)
                    return wait(for: begin, link, stanza, context, later: later)
                }
            } catch let other {
                error = other
            }
        }
        return .failed(error, stanza)
    }

    /// Where a chain stands while a handler waits: what comes after, and who is asked if it fails.
    ///
    /// The context that goes with it keeps the domain, and so the table that these are of.
    struct Link: Sendable {
        let rest: PhaseTable.Chain
        let menders: PhaseTable.Chain
    }

    /// Runs a chain in which nobody may wait; whoever wants to is passed over.
    func runWithoutWaiting(_ phase: Phase, _ stanza: Stanza, _ context: Context) -> ChainOutcome {
        let chain = context.domain.modules.phases.candidates(at: phase, for: stanza)[...]
        var (stanza, context, next) = (stanza, context, chain.startIndex)
        while let (index, verdict) = firstWord(chain, from: next, stanza, context) {
            next = index + 1
            switch verdict {
            case .continue, .pending, .waiting, .storing: continue
            case .failed(let error): return .failed(error, stanza)
            case .replace(let other): stanza = other
            case .passing(let value, let other):
                context.value = value
                stanza = other ?? stanza
            case .handled: return .handled
            }
        }
        return .passed(stanza)
    }

    /// Has a verdict made, then goes on with the rest of the chain.
    ///
    /// If nothing waits after all, the outcome is here at once.
    private func wait(
        for verdict: WaitingVerdict,
        _ link: Link,
        _ stanza: Stanza,
        _ context: Context,
        at gate: Gate? = nil,
        later: @escaping Continuation
    ) -> ChainOutcome? {
        let relay = OutcomeRelay()
        // Before anything else comes to wait within.
        openedGate = gate
        beginWork()
        verdict(self) { shard, verdict in
            let outcome = shard.goOn(with: verdict, link, stanza, context, later: later)
            if !relay.hasReturned {
                relay.outcome = outcome
            } else if let outcome {
                later(shard, outcome)
            }
            shard.endWork()
        }
        relay.hasReturned = true
        return relay.outcome
    }

    /// Work that waits, as something that is begun: on a task, which starts at once.
    private func begun(_ work: @escaping PendingVerdict) -> WaitingVerdict {
        { shard, done in
            shard.track { shard in
                do throws(StanzaError) {
                    done(shard, try await work(shard))
                } catch {
                    done(shard, .failed(error))
                }
            }
        }
    }

    /// Goes on with what was waited for; nil when somebody else waits then.
    private func goOn(
        with verdict: Verdict,
        _ link: Link,
        _ stanza: Stanza,
        _ context: Context,
        later: @escaping Continuation
    ) -> ChainOutcome? {
        switch verdict {
        case .continue: return run(link.rest, stanza, context, later: later)
        case .replace(let other): return run(link.rest, other, context, later: later)
        case .passing(let value, let other):
            var context = context
            context.value = value
            return run(link.rest, other ?? stanza, context, later: later)
        case .handled: return .handled
        case .failed(let error): return mend(error, link.menders, stanza, context, later: later)
        case .pending(let work):
            return wait(for: begun(work), link, stanza, context, later: later)
        case .waiting(let begin), .storing(let begin):
            return wait(for: begin, link, stanza, context, later: later)
        }
    }
}

/// Carries an outcome between work that may end at once and the call that started it.
///
/// Unchecked: both run on the one shard that made it.
private final class OutcomeRelay: @unchecked Sendable {
    var hasReturned = false
    var outcome: ChainOutcome?
}
