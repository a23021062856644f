public import CPlugin
import Synchronization

/// A handler as C calls it: by a pointer, its types forgotten.
@usableFromInline
class AnyHook: @unchecked Sendable {
    @usableFromInline
    init() {}

    func run(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 { Int32(MARTLET_CONTINUE) }

    /// For the host to keep, as long as the process lives.
    final var pointer: UnsafeMutableRawPointer {
        Unmanaged.passRetained(self).toOpaque()
    }

    /// What the host is given to call it by.
    var entry: martlet_hook_fn {
        { ud, event in
            guard let ud, let event else { return Int32(MARTLET_CONTINUE) }
            return Unmanaged<AnyHook>.fromOpaque(ud)._withUnsafeGuaranteedRef { $0.run(event) }
        }
    }
}

/// A handler that decides at once.
///
/// What it calls is made in the plugin, where the types are known and the plugin's own function is part
/// of it: most handlers let most stanzas pass, and that is to cost next to nothing.
@usableFromInline
final class Hook: AnyHook, @unchecked Sendable {
    @usableFromInline
    typealias Body = @Sendable (UnsafeMutablePointer<martlet_event>) -> Int32
    private let body: Body

    @usableFromInline
    init(calling body: @escaping Body) { self.body = body }

    override func run(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 { body(event) }

    override var entry: martlet_hook_fn {
        { ud, event in
            guard let ud, let event else { return Int32(MARTLET_CONTINUE) }
            return Unmanaged<Hook>.fromOpaque(ud)._withUnsafeGuaranteedRef { $0.body(event) }
        }
    }
}

extension Hook {
    @inlinable
    convenience init<P: Plugin>(
        _ body: @escaping @Sendable (P, borrowing Event) throws(StanzaError) -> Verdict
    ) {
        self.init { event in
            Instance<P>.lend(at: event.pointee.instance) { plugin in
                do throws(StanzaError) {
                    let verdict = try body(plugin, Event(event))
                    // What most of them say, and what has nothing to let go of.
                    if case .continue = verdict { return 0 }
                    return verdict.tell(event)
                } catch {
                    return error.tell(event)
                }
            }
        }
    }
}

/// One that answers requests at once.
final class RequestHook<P: Plugin>: AnyHook, @unchecked Sendable {
    typealias Body = @Sendable (P, borrowing Event) throws(StanzaError) -> XML?
    private let body: Body

    init(_ body: @escaping Body) { self.body = body }

    override func run(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        Instance<P>.lend(at: event.pointee.instance) { plugin in
            do throws(StanzaError) {
                return Verdict.reply(try body(plugin, Event(event))).tell(event)
            } catch {
                return error.tell(event)
            }
        }
    }
}

/// One that may wait: it starts at once, on the caller's thread, and the verdict is pending only if it
/// really has to wait.
final class AsyncHook<P: Plugin>: AnyHook, @unchecked Sendable {
    typealias Body = @Sendable (P, Arrival) async throws(StanzaError) -> Verdict
    private let body: Body

    init(_ body: @escaping Body) { self.body = body }

    override func run(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        guard let plugin = Instance<P>.plugin(at: event.pointee.instance) else {
            return Int32(MARTLET_CONTINUE)
        }
        let arrival = Event(event).arrival
        let shot = Pending()
        let body = body
        Task.immediate {
            do throws(StanzaError) {
                shot.finish(.success(try await body(plugin, arrival)))
            } catch {
                shot.finish(.failure(error))
            }
        }
        return shot.settle(event)
    }
}

/// One that decides at once, or begins something that decides, or waits.
///
/// Unchecked: it has nothing that changes.
final class BeginningHook<P: Plugin>: AnyHook, @unchecked Sendable {
    typealias Body = @Sendable (P, borrowing Event) throws(StanzaError) -> Beginning
    private let body: Body
    private let waiting: AsyncHook<P>

    init(_ body: @escaping Body, orWaiting waiting: @escaping AsyncHook<P>.Body) {
        self.body = body
        self.waiting = AsyncHook(waiting)
    }

    override func run(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        Instance<P>.lend(at: event.pointee.instance) { plugin in
            do throws(StanzaError) {
                switch try body(plugin, Event(event)) {
                case .decided(.continue): return Int32(MARTLET_CONTINUE)
                case .decided(let verdict): return verdict.tell(event)
                case .begun(let begin):
                    let pending = Pending()
                    begin(pending)
                    return pending.settle(event)
                case .storing: return Int32(MARTLET_PENDING)
                case .waiting: return waiting.run(event)
                }
            } catch {
                return error.tell(event)
            }
        }
    }
}

/// One that decides at once if it can, and waits if it must.
///
/// Unchecked: it has nothing that changes.
final class HybridHook<P: Plugin>: AnyHook, @unchecked Sendable {
    typealias Body = @Sendable (P, borrowing Event) throws(StanzaError) -> Verdict?
    private let body: Body
    private let waiting: AsyncHook<P>

    init(_ body: @escaping Body, orWaiting waiting: @escaping AsyncHook<P>.Body) {
        self.body = body
        self.waiting = AsyncHook(waiting)
    }

    override func run(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        Instance<P>.lend(at: event.pointee.instance) { plugin in
            do throws(StanzaError) {
                guard let verdict = try body(plugin, Event(event)) else {
                    return waiting.run(event)
                }
                if case .continue = verdict { return Int32(MARTLET_CONTINUE) }
                return verdict.tell(event)
            } catch {
                return error.tell(event)
            }
        }
    }
}

// MARK: Telling the host

extension Verdict {
    /// Tells what was decided, within the call.
    @usableFromInline
    func tell(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        switch self {
        case .continue: return Int32(MARTLET_CONTINUE)
        case .handled: return Int32(MARTLET_HANDLED)
        case .replace(let stanza):
            _ = Core.functions.pointee.replace?(event, stanza.handle)
            return Int32(MARTLET_CONTINUE)
        case .pass(let value, let stanza):
            var raw = value.raw
            _ = Core.functions.pointee.pass?(event, &raw)
            if let stanza { _ = Core.functions.pointee.replace?(event, stanza.handle) }
            return Int32(MARTLET_CONTINUE)
        case .reply(let payload):
            if let payload {
                let status = payload.text.lend { Core.functions.pointee.reply?(event, $0) }
                if status != 0 { return StanzaError.internalServerError.tell(event) }
            }
            return Int32(MARTLET_HANDLED)
        case .logIn(let address, let payload):
            let status = address.description.lend { Core.functions.pointee.log_in?(event, $0) }
            guard status == 0 else { return StanzaError.internalServerError.tell(event) }
            return Verdict.reply(payload).tell(event)
        }
    }
}

extension StanzaError {
    @usableFromInline
    func tell(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        lend { said in
            var said = said
            return Core.functions.pointee.fail?(event, &said) ?? Int32(MARTLET_ERROR)
        }
    }
}

extension Result<Verdict, StanzaError> {
    func tell(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        switch self {
        case .success(let verdict): verdict.tell(event)
        case .failure(let error): error.tell(event)
        }
    }

    /// Tells what was decided, later and from any thread.
    func complete(_ token: martlet_token) {
        var outcome = martlet_outcome()
        outcome.size = UInt32(MemoryLayout<martlet_outcome>.size)
        switch self {
        case .failure(let error):
            outcome.verdict = Int32(MARTLET_ERROR)
            error.lend {
                outcome.error = $0
                _ = Core.functions.pointee.complete?(token, &outcome)
            }
        case .success(let verdict): verdict.complete(token, &outcome)
        }
    }
}

extension Verdict {
    func complete(_ token: martlet_token, _ outcome: inout martlet_outcome) {
        outcome.verdict = Int32(MARTLET_CONTINUE)
        switch self {
        case .continue: break
        case .handled: outcome.verdict = Int32(MARTLET_HANDLED)
        case .replace(let stanza):
            outcome.replace = stanza.handle
            return withExtendedLifetime(stanza) { Self.send(token, &outcome) }
        case .pass(let value, let stanza):
            outcome.value = value.raw
            outcome.replace = stanza?.handle
            return withExtendedLifetime(stanza) { Self.send(token, &outcome) }
        case .reply(let payload): return answer(token, &outcome, payload, login: "")
        case .logIn(let address, let payload):
            return answer(token, &outcome, payload, login: address.description)
        }
        Self.send(token, &outcome)
    }

    private func answer(
        _ token: martlet_token,
        _ outcome: inout martlet_outcome,
        _ payload: XML?,
        login: String
    ) {
        outcome.verdict = Int32(MARTLET_HANDLED)
        let isTaken = [payload?.text ?? "", login].lendAll { texts in
            outcome.payload = texts[0]
            outcome.login = texts[1]
            return Core.functions.pointee.complete?(token, &outcome) != Int32(MARTLET_EINVAL)
        }
        // What the host cannot read is our own fault, and the sender is not left to wait for it.
        if !isTaken { Result.failure(StanzaError.internalServerError).complete(token) }
    }

    private static func send(_ token: martlet_token, _ outcome: inout martlet_outcome) {
        _ = Core.functions.pointee.complete?(token, &outcome)
    }
}
