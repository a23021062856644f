import CPlugin
import MartletCore
import MartletNet
import MartletRouter
import MartletXML

/// A plugin's handler, as the router calls it.
///
/// Unchecked: it has nothing that changes.
final class HookCall: StandingHandler, @unchecked Sendable {
    let plan: HookPlan
    private let slot: Int
    let counters: CounterLines
    private let places: PlaceRecords
    /// Where order is all, nobody may wait.
    private let mayPend: Bool
    unowned let host: PluginHost

    init(_ plan: HookPlan, slot: Int, of image: PluginImage, in host: PluginHost) {
        self.plan = plan
        self.slot = slot
        self.host = host
        counters = host.counters[slot]
        places = host.places
        mayPend = ![
            MARTLET_PHASE_CLIENT, MARTLET_PHASE_BROADCAST, MARTLET_PHASE_ELSEWHERE,
        ].contains(plan.phase)
        super.init()
    }

    /// The plugin at the domain where something happens; nil once it is switched off there.
    @inline(__always)
    func site(in domain: Domain) -> Unmanaged<PluginSite>? {
        // The host alone attaches something to domains.
        DomainPlugins.sites(at: domain.attachmentAddress).running(slot)
    }

    override func open(
        _ memory: UnsafeMutableRawPointer,
        on shard: RouterShard,
        _ stanza: Stanza,
        _ context: borrowing Context
    ) {
        let frame = HookFrame.make(in: memory, plan.phase, shard, stanza, context)
        let record = places.record(shard.shard.index)
        frame.pointee.place(
            in: record,
            PlaceRecord(router: Unmanaged.passUnretained(shard), account: account(of: stanza))
        )
    }

    override func close(_ memory: UnsafeMutableRawPointer) { HookFrame.at(memory).pointee.leave() }

    override func handle(_ memory: UnsafeMutableRawPointer) -> Verdict {
        let frame = HookFrame.at(memory)
        guard let site = frame.pointee.sites.running(slot),
            plan.phase != MARTLET_PHASE_SERVICE || frame.pointee.isServed(by: site)
        else { return .continue }
        frame.pointee.call.turn(to: site)
        frame.pointee.call.isRequest = plan.isRequest
        frame.pointee.call.mayPend = mayPend
        let verdict = timed(frame.pointee.shard, plan.run, HookFrame.event(memory))
        if verdict == MARTLET_CONTINUE, frame.pointee.call.isUntouched { return .continue }
        return decided(verdict, frame)
    }

    /// Apart, since hardly any call comes here.
    @inline(never)
    private func decided(
        _ verdict: Int32,
        _ frame: UnsafeMutablePointer<HookFrame>
    ) -> Verdict {
        guard let site = frame.pointee.sites.site(slot) else { return .continue }
        let (shard, stanza) = frame.pointee.kept
        do throws(StanzaError) {
            return try decide(verdict, &frame.pointee.call, shard, stanza, site)
        } catch {
            return .failed(error)
        }
    }

    /// The same for the error handler, which is given what failed.
    func mend(
        _ shard: isolated RouterShard,
        _ stanza: Stanza,
        _ error: StanzaError,
        _ context: Context
    ) throws(StanzaError) -> Verdict {
        guard let mend = plan.mend, let site = site(in: context.domain), concerns(stanza, site)
        else { throw error }
        var call = HookEvent(plan.phase, at: site, stanza)
        call.mayPend = mayPend
        call.event.session = context.session?.serial ?? 0
        // Unmended, the failure stays what it was.
        call.decision.error = error
        let verdict = error.lend { said in
            var said = said
            return withUnsafePointer(to: &said) { said in
                call.event.error = said
                return run(mend, &call, shard, account(of: stanza))
            }
        }
        return try decide(verdict, &call, shard, stanza, site)
    }

    func look(_ shard: isolated RouterShard, _ stanza: Stanza, _ context: Context) {
        guard let site = site(in: context.domain), concerns(stanza, site) else { return }
        var call = HookEvent(plan.phase, at: site, stanza)
        call.event.session = context.session?.serial ?? 0
        _ = run(plan.run, &call, shard, account(of: stanza))
        _ = call.takeDecision()
    }

    /// Of a service, a plugin sees what is for its own.
    @inline(__always)
    private func concerns(_ stanza: Stanza, _ site: Unmanaged<PluginSite>) -> Bool {
        guard plan.phase == MARTLET_PHASE_SERVICE else { return true }
        return site._withUnsafeGuaranteedRef { $0.serves(stanza.to) }
    }

    @inline(__always)
    func account(of stanza: Stanza) -> PlaceRecord.Account {
        let stanza = Unmanaged.passUnretained(stanza)
        return switch plan.phase {
        case MARTLET_PHASE_RECEIVED, MARTLET_PHASE_DOMAIN, MARTLET_PHASE_BROADCAST: .sender(stanza)
        case MARTLET_PHASE_ACCOUNT:
            stanza._withUnsafeGuaranteedRef { $0.to == nil } ? .sender(stanza) : .addressee(stanza)
        // The addressee's home is as a rule on another shard.
        case MARTLET_PHASE_ELSEWHERE: .none
        default: .addressee(stanza)
        }
    }

    /// Calls the plugin with a home lent to it.
    @inline(__always)
    func run(
        _ function: martlet_hook_fn,
        _ call: inout HookEvent,
        _ shard: RouterShard,
        _ account: PlaceRecord.Account
    ) -> Int32 {
        let index = shard.shard.index
        return lend(account, shard, &call) { timed(index, function, $0) }
    }

    /// Makes a call of the plugin with a home lent to it.
    @inline(__always)
    func lend(
        _ account: PlaceRecord.Account,
        _ shard: RouterShard,
        _ call: inout HookEvent,
        _ body: (UnsafeMutablePointer<martlet_event>) -> Int32
    ) -> Int32 {
        let record = places.record(shard.shard.index)
        // A plugin that routes may be called again before it returns.
        let outer = record.pointee
        record.pointee = PlaceRecord(router: Unmanaged.passUnretained(shard), account: account)
        defer { record.giveBack(to: outer) }
        call.event.place = OpaquePointer(record)
        return withUnsafeMutablePointer(to: &call) { call in
            UnsafeMutableRawPointer(call).withMemoryRebound(to: martlet_event.self, capacity: 1) {
                body($0)
            }
        }
    }

    /// Counts a call, and times some.
    @inline(__always)
    private func timed(
        _ shard: Int,
        _ function: martlet_hook_fn,
        _ event: UnsafeMutablePointer<martlet_event>
    ) -> Int32 {
        let line = counters.line(shard)
        let calls = line.pointee.calls &+ 1
        line.pointee.calls = calls
        return calls % HookCounters.timedEvery == 0
            ? clocked(line, function, event) : function(plan.ud, event)
    }

    /// Apart, since few come here.
    @inline(never)
    private func clocked(
        _ line: UnsafeMutablePointer<HookCounters>,
        _ function: martlet_hook_fn,
        _ event: UnsafeMutablePointer<martlet_event>
    ) -> Int32 {
        let start = HookCounters.nanoseconds
        let verdict = function(plan.ud, event)
        line.pointee.timedCalls &+= 1
        line.pointee.timedNanoseconds &+= HookCounters.nanoseconds &- start
        return verdict
    }

    /// Turns what a plugin answered into what the router understands.
    func decide(
        _ verdict: Int32,
        _ call: inout HookEvent,
        _ shard: RouterShard,
        _ stanza: Stanza,
        _ unmanaged: Unmanaged<PluginSite>
    ) throws(StanzaError) -> Verdict {
        let decision = call.takeDecision()
        let stored = call.takeStored()
        // The next handler is called with the same event.
        let token = call.token
        call.token = 0
        if token != 0, verdict != MARTLET_PENDING { TokenSlab.shared.discard(token) }
        let site = unmanaged.takeUnretainedValue()
        if let stored {
            return wait(for: stored, verdict, stanza, call.event.session)
        }
        switch Int(verdict) {
        case MARTLET_CONTINUE: return goOn(decision?.replaced, decision?.passed)
        case MARTLET_HANDLED:
            if plan.isRequest { answer(stanza, with: decision?.payload, on: shard) }
            return .handled
        case MARTLET_ERROR:
            return try fail(decision?.error, shard, stanza, site)
        case MARTLET_PENDING where token != 0:
            return .waiting { (shard: isolated RouterShard, done) in
                self.wait(for: token, shard, stanza, site, done)
            }
        default:
            host.complain(
                site,
                verdict == MARTLET_PENDING
                    ? "it said pending without a token"
                    : "it gave the verdict \(verdict), which is none"
            )
            return try fail(nil, shard, stanza, site)
        }
    }

    /// On the thread of the shard, which this is.
    private func answer(_ stanza: Stanza, with payload: Element?, on shard: RouterShard) {
        shard.enter(with: (stanza, payload)) { $0.answer($1.0, with: $1.1) }
    }

    /// Ends a chain with a failure.
    ///
    /// Nobody can be told that an answer was lost, and who asked would wait for ever: there, what is
    /// the plugin's own fault is passed over.
    private func fail(
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

    private func goOn(_ replaced: Stanza?, _ passed: ChainValue?) -> Verdict {
        if let passed { return .passing(passed, replaced) }
        if let replaced { return .replace(replaced) }
        return .continue
    }

    /// Waits for a verdict until its time is over.
    ///
    /// It is told in a turn of its own: who completes may hold something that the next handler needs.
    private func wait(
        for token: martlet_token,
        _ shard: isolated RouterShard,
        _ stanza: Stanza,
        _ site: PluginSite,
        _ done: @escaping @Sendable (isolated RouterShard, Verdict) -> Void
    ) {
        let timer = shard.shard.schedule(after: plan.timeout) {
            TokenSlab.shared.complete(token, .timeout)
        }
        TokenSlab.shared.await(token) { outcome in
            shard.shard.submit {
                shard.assumeIsolated { shard in
                    shard.shard.cancel(timer)
                    done(shard, self.verdict(outcome, shard, stanza, site))
                }
            }
        }
    }

    /// What the end of a wait means.
    private func verdict(
        _ outcome: TokenSlab.Outcome,
        _ shard: isolated RouterShard,
        _ stanza: Stanza,
        _ site: PluginSite
    ) -> Verdict {
        do throws(StanzaError) {
            return try read(outcome, shard, stanza, site)
        } catch {
            return .failed(error)
        }
    }

    private func read(
        _ outcome: TokenSlab.Outcome,
        _ shard: isolated RouterShard,
        _ stanza: Stanza,
        _ site: PluginSite
    ) throws(StanzaError) -> Verdict {
        switch outcome {
        case .verdict(let verdict, let replaced, let payload, let error, let passed, _):
            switch Int(verdict) {
            case MARTLET_CONTINUE: return goOn(replaced, passed)
            case MARTLET_HANDLED:
                if plan.isRequest { shard.answer(stanza, with: payload) }
                return .handled
            case MARTLET_ERROR:
                return try fail(error, shard, stanza, site)
            default:
                host.complain(site, "it completed with the verdict \(verdict), which is none")
                return try fail(nil, shard, stanza, site)
            }
        case .answer:
            host.complain(site, "it answered a hook as if it were a command")
            return try fail(nil, shard, stanza, site)
        case .timeout:
            counters.line(shard.shard.index).pointee.faults &+= 1
            host.complain(site, "a handler did not decide within \(plan.timeout)")
            throw StanzaError(.remoteServerTimeout, .wait, "a part of the server did not answer")
        case .stopped:
            throw StanzaError(.serviceUnavailable, .cancel)
        }
    }

    /// The same on a task, for what is asked of streams.
    func outcome(
        of token: martlet_token,
        _ shard: isolated RouterShard
    ) async -> TokenSlab.Outcome {
        let timer = shard.shard.schedule(after: plan.timeout) {
            TokenSlab.shared.complete(token, .timeout)
        }
        let outcome = await withCheckedContinuation { continuation in
            TokenSlab.shared.await(token) { continuation.resume(returning: $0) }
        }
        shard.shard.cancel(timer)
        return outcome
    }
}
