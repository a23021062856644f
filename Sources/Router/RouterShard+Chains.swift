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
    /// `later` is made only for a stanza that some handler wants.
    ///
    /// - Returns: the outcome, or nil when a handler waits; `later` is then given it, on this actor.
    func run(
        _ phase: Phase,
        _ stanza: Stanza,
        _ context: Context,
        later: @autoclosure () -> Continuation
    ) -> ChainOutcome? {
        let chain = context.domain.modules.phases.candidates(at: phase, for: stanza)
        guard let first = chain.firstIndex(where: { $0.match.matches(stanza.element) }) else {
            return .passed(stanza)
        }
        return run(chain[first...], stanza, context, later: later())
    }

    /// Goes on with what a chain came to that had to wait.
    typealias Continuation = @Sendable (isolated RouterShard, ChainOutcome) -> Void

    private func run(
        _ chain: ArraySlice<PhaseTable.Entry>,
        _ stanza: Stanza,
        _ context: Context,
        later: @escaping Continuation
    ) -> ChainOutcome? {
        var stanza = stanza
        for index in chain.indices where chain[index].match.matches(stanza.element) {
            do {
                switch try chain[index].handler(self, stanza, context) {
                case .continue: continue
                case .replace(let other): stanza = other
                case .handled: return .handled
                case .pending(let verdict):
                    let rest = chain[(index + 1)...]
                    return wait(for: verdict, then: rest, stanza, context, later: later)
                }
            } catch {
                return .failed(error, stanza)
            }
        }
        return .passed(stanza)
    }

    /// Awaits a verdict, then the rest of the chain.
    ///
    /// If nothing suspends, the outcome is here at once.
    private func wait(
        for verdict: @escaping PendingVerdict,
        then rest: ArraySlice<PhaseTable.Entry>,
        _ stanza: Stanza,
        _ context: Context,
        later: @escaping Continuation
    ) -> ChainOutcome? {
        let relay = OutcomeRelay()
        track { shard in
            let outcome = await shard.settle(verdict, then: rest, stanza, context)
            if relay.hasReturned { later(shard, outcome) } else { relay.outcome = outcome }
        }
        relay.hasReturned = true
        return relay.outcome
    }

    private func settle(
        _ verdict: PendingVerdict,
        then rest: ArraySlice<PhaseTable.Entry>,
        _ stanza: Stanza,
        _ context: Context
    ) async -> ChainOutcome {
        do {
            switch try await verdict(self) {
            case .continue: return await runAll(rest, stanza, context)
            case .replace(let other): return await runAll(rest, other, context)
            case .handled: return .handled
            case .pending(let next): return await settle(next, then: rest, stanza, context)
            }
        } catch {
            return .failed(error, stanza)
        }
    }

    private func runAll(
        _ chain: ArraySlice<PhaseTable.Entry>,
        _ stanza: Stanza,
        _ context: Context
    ) async -> ChainOutcome {
        await withCheckedContinuation { continuation in
            let outcome = run(chain, stanza, context) { _, outcome in
                continuation.resume(returning: outcome)
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}

/// Carries an outcome between a task that may end at once and the call that started it.
///
/// Unchecked: both run on the one shard that made it.
private final class OutcomeRelay: @unchecked Sendable {
    var hasReturned = false
    var outcome: ChainOutcome?
}
