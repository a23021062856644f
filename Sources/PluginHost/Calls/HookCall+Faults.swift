import MartletCore
import MartletRouter

/// What becomes of a plugin's failures.
extension HookCall {
    /// Ends a chain with a failure.
    ///
    /// Nobody can be told that an answer was lost, and who asked would wait for ever: there, what is
    /// the plugin's own fault is passed over.
    func fail(
        _ error: StanzaError?,
        _ shard: RouterShard,
        _ stanza: Stanza,
        _ site: PluginSite
    ) throws(StanzaError) -> Verdict {
        let error = failure(error, shard, site)
        let isAnswer = stanza.kind == .iq && !stanza.isRequest
        if isAnswer, error.condition == .internalServerError { return .continue }
        throw error
    }

    /// Counts a failure; one that is the plugin's own fault, and not the sender's, is logged.
    func failure(
        _ error: StanzaError?,
        _ shard: RouterShard,
        _ site: PluginSite
    ) -> StanzaError {
        counters.line(shard.shard.index).pointee.faults &+= 1
        let error = error ?? .internalServerError
        if error.condition == .internalServerError {
            host.complain(site, "a handler failed at phase \(PluginHost.name(ofPhase: plan.phase))")
        }
        return error
    }
}
