import CPlugin
import Synchronization

/// How a handler begins that may have to wait for something.
public enum Beginning {
    case decided(Verdict)
    /// Something is begun that will tell the verdict, on any thread.
    case begun((Pending) -> Void)
    /// The store was asked for something that will decide: see ``Store/append(_:to:at:columns:for:then:)``.
    case storing
    /// The handler that waits takes over.
    case waiting
}

/// A verdict that is not there yet.
///
/// Here a handler that waits and the call that started it meet: whoever comes second acts.
public final class Pending: Sendable {
    private enum State: Sendable {
        case running
        case finished(Result<Verdict, StanzaError>)
        case pending(martlet_token)
        case told
    }

    private let state = Mutex(State.running)

    /// Tells the verdict, once.
    public func finish(_ result: Result<Verdict, StanzaError>) {
        let token = state.withLock { state -> martlet_token? in
            guard case .pending(let token) = state else {
                state = .finished(result)
                return nil
            }
            state = .told
            return token
        }
        if let token { result.complete(token) }
    }

    /// The verdict if it is there, or pending.
    func settle(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 {
        if let result = finished { return result.tell(event) }
        // Only one that really waits asks for a token.
        let token = Core.functions.pointee.pend?(event) ?? 0
        guard token != 0 else {
            return StanzaError(.internalServerError, .wait, "nobody may wait here").tell(event)
        }
        let result = state.withLock { state -> Result<Verdict, StanzaError>? in
            guard case .finished(let result) = state else {
                state = .pending(token)
                return nil
            }
            return result
        }
        return result?.tell(event) ?? Int32(MARTLET_PENDING)
    }

    private var finished: Result<Verdict, StanzaError>? {
        state.withLock { state in
            guard case .finished(let result) = state else { return nil }
            return result
        }
    }
}
