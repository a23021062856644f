import CPlugin
import MartletCore
import MartletRouter

/// Handlers that wait for the store.
extension HookCall {
    /// Waits for the store, and then for what the plugin makes of its answer.
    func wait(
        for stored: StoredCall,
        _ verdict: Int32,
        _ stanza: Stanza,
        _ session: UInt64
    ) -> Verdict {
        if verdict != MARTLET_PENDING {
            host.complain(
                stored.site,
                "it asked the store to be waited for, and did not say pending"
            )
        }
        return .storing { (shard: isolated RouterShard, done) in
            stored.wait(
                StoredCall.Waiter(hook: self, stanza: stanza, session: session, done: done)
            )
        }
    }

    /// Has a plugin decide, now that the store has answered.
    func verdict(
        of stored: StoredCall,
        _ waiter: StoredCall.Waiter,
        _ shard: isolated RouterShard,
        _ tell: (UnsafeMutablePointer<martlet_event>) -> Int32
    ) -> Verdict {
        var call = HookEvent(plan.phase, at: .passUnretained(stored.site), waiter.stanza)
        call.isRequest = plan.isRequest
        call.event.session = waiter.session
        if stored.site.isStopped { call.event.instance = nil }
        let verdict = withOptionalPointer(to: stored.value) { value in
            call.event.value = value
            return lend(account(of: waiter.stanza), shard, &call, tell)
        }
        do throws(StanzaError) {
            return try decide(
                verdict,
                &call,
                shard,
                waiter.stanza,
                .passUnretained(stored.site)
            )
        } catch {
            return .failed(error)
        }
    }
}

/// Lends a value's address, or nil where there is none.
private func withOptionalPointer<Value, R>(
    to value: Value?,
    _ body: (UnsafePointer<Value>?) -> R
) -> R {
    guard let value else { return body(nil) }
    return withUnsafePointer(to: value) { body($0) }
}
