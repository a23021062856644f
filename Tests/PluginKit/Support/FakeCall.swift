import CPlugin
import Synchronization

@testable import MartletPluginKit

/// One call of a handler, and what it decided: within the call, or later.
final class FakeCall: Sendable {
    struct Decision: Sendable {
        var payloads: [String] = []
        var error: StanzaError?
        var replaced: Stanza?
        var passed: (any AnyObject & Sendable)?
        var login: String?
    }

    /// How it was completed, later.
    struct Completion: Sendable {
        var verdict: Int
        var payload: String
        var error: StanzaError?
        var replaced: Stanza?
        var login: String
        /// Whether it came in time, and for the first time.
        var isTaken = true
    }

    private struct State: Sendable {
        var decision = Decision()
        var token: martlet_token = 0
        var isOver = false
        var dropCount = 0
    }

    private let state = Mutex(State())
    private let mayPend: Bool
    /// Payloads that the core takes; it says of others that they are no XML.
    private let takesPayloads: Bool
    let completions: AsyncStream<Completion>
    private let completed: AsyncStream<Completion>.Continuation

    /// The stream that it comes from, at that phase.
    let stream: FakeStream?

    /// Refuses to wait, or to take payloads, if it is told so.
    init(mayPend: Bool = true, takesPayloads: Bool = true, stream: FakeStream? = nil) {
        self.mayPend = mayPend
        self.stream = stream
        self.takesPayloads = takesPayloads
        (completions, completed) = AsyncStream.makeStream()
    }

    var decision: Decision { state.withLock { $0.decision } }
    var dropCount: Int { state.withLock { $0.dropCount } }
    var token: martlet_token { state.withLock { $0.token } }

    /// The event, and behind it whose it is.
    private struct Lent {
        var event: martlet_event
        var call: Unmanaged<FakeCall>
    }

    static func at(_ event: UnsafeMutablePointer<martlet_event>?) -> FakeCall {
        // The kit hands back what it was given.
        let lent = UnsafeMutableRawPointer(event.unsafelyUnwrapped)
            .assumingMemoryBound(to: Lent.self)
        return lent.pointee.call.takeUnretainedValue()
    }

    /// Runs a handler.
    ///
    /// - Returns: the verdict's number.
    func run(
        _ hook: FakeSite.Hook,
        of plugin: UnsafeMutableRawPointer?,
        at site: FakeSite,
        _ stanza: Stanza? = nil,
        mending error: StanzaError? = nil
    ) -> Int {
        var event = Self.event(UInt32(hook.phase), at: site, stanza)
        event.instance = plugin
        return withExtendedLifetime((stanza, self)) {
            guard let error else { return call(hook.run, hook.ud, event) }
            return error.lend { said in
                withUnsafePointer(to: said) {
                    event.error = $0
                    return call(hook.mend, hook.ud, event)
                }
            }
        }
    }

    private static func event(
        _ phase: UInt32,
        at site: FakeSite,
        _ stanza: Stanza?
    ) -> martlet_event {
        var event = martlet_event()
        event.size = UInt32(MemoryLayout<martlet_event>.size)
        event.phase = phase
        event.site = site.handle
        event.stanza = stanza?.handle
        event.kind = stanza.map { $0.kind.number } ?? 0
        event.type = stanza.map { $0.type.number } ?? 0
        event.session = 7
        event.place = site.home?.place
        return event
    }

    private func call(
        _ function: martlet_hook_fn?,
        _ ud: UnsafeMutableRawPointer?,
        _ event: martlet_event
    ) -> Int {
        lend(event) { function?(ud, $0) ?? -1 }
    }

    /// Lends the event of a handler that waited anew.
    func goOn(
        at site: FakeSite,
        _ stanza: Stanza,
        _ body: (UnsafeMutablePointer<martlet_event>) -> Int32
    ) -> Int {
        withExtendedLifetime(stanza) {
            lend(Self.event(UInt32(MARTLET_PHASE_DELIVERY), at: site, stanza), body)
        }
    }

    private func lend(
        _ event: martlet_event,
        _ body: (UnsafeMutablePointer<martlet_event>) -> Int32
    ) -> Int {
        var lent = Lent(event: event, call: .passUnretained(self))
        return withUnsafeMutablePointer(to: &lent) { lent in
            let event = UnsafeMutableRawPointer(lent).assumingMemoryBound(to: martlet_event.self)
            return Int(body(event))
        }
    }
}

// MARK: What the core is told

extension FakeCall {
    func note(_ change: (inout Decision) -> Void) { state.withLock { change(&$0.decision) } }

    func reply(_ payload: String) -> Int32 {
        guard takesPayloads else { return Int32(MARTLET_EINVAL) }
        note { $0.payloads.append(payload) }
        return Int32(MARTLET_OK)
    }

    /// Keeps what was left, and lets go of the plugin's hold on it.
    func pass(_ raw: martlet_value) {
        note { $0.passed = Value.object(of: raw) }
        guard let drop = raw.drop else { return }
        drop(raw.ptr)
        state.withLock { $0.dropCount += 1 }
    }

    private static let waiting = Mutex<[martlet_token: FakeCall]>([:])

    func pend() -> martlet_token {
        guard mayPend else { return 0 }
        return Self.waiting.withLock { waiting in
            let token = martlet_token(waiting.count + 1)
            waiting[token] = self
            state.withLock { $0.token = token }
            return token
        }
    }

    /// Gives up waiting, as a server does at the deadline.
    func timeOut() { state.withLock { $0.isOver = true } }

    static func complete(_ token: martlet_token, _ outcome: martlet_outcome) -> Int32 {
        let call = waiting.withLock { $0[token] }
        return call?.complete(outcome) ?? Int32(MARTLET_EGONE)
    }

    private func complete(_ outcome: martlet_outcome) -> Int32 {
        if !outcome.payload.isEmpty, !takesPayloads { return Int32(MARTLET_EINVAL) }
        var completion = Completion(
            verdict: Int(outcome.verdict),
            payload: outcome.payload.string,
            error: outcome.error.condition.isEmpty ? nil : StanzaError(outcome.error),
            replaced: outcome.replace.map { Stanza(retaining: $0) },
            login: outcome.login.string
        )
        if outcome.value.ptr != nil { pass(outcome.value) }
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        completion.isTaken = isFirst
        completed.yield(completion)
        return Int32(isFirst ? MARTLET_OK : MARTLET_EGONE)
    }

    /// The completion, once it has come.
    var completion: Completion? {
        get async {
            for await completion in completions { return completion }
            return nil
        }
    }
}
