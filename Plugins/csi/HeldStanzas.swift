import MartletPluginKit
import Synchronization

/// What an inactive client is not sent yet: kept with its session, and used at its home alone.
final class HeldStanzas: Sendable {
    private struct Held {
        let key: String?
        let stanza: Stanza
        let byteCount: Int
    }

    private struct State {
        var held: [Held] = []
        var byteCount = 0
        var isBeingGiven = false
    }

    private let state = Mutex(State())

    /// What is sent now has been held before.
    var isBeingGiven: Bool { state.withLock { $0.isBeingGiven } }

    /// Holds a stanza, in place of an older one with its key if it has one.
    ///
    /// - Returns: false when there is no more room, and it is not held.
    func add(_ stanza: Stanza, as key: String?, within limits: ClientStateSettings) -> Bool {
        let byteCount = stanza.byteCount
        return state.withLock { state in
            if let key, let index = state.held.firstIndex(where: { $0.key == key }) {
                state.byteCount -= state.held.remove(at: index).byteCount
            }
            guard state.held.count < limits.heldStanzas,
                state.byteCount + byteCount <= limits.heldBytes
            else { return false }
            state.held.append(Held(key: key, stanza: stanza, byteCount: byteCount))
            state.byteCount += byteCount
            return true
        }
    }

    /// Everything, in the order of its coming; nothing is left.
    func take() -> [Stanza] {
        state.withLock { state in
            let held = state.held.map(\.stanza)
            state.held = []
            state.byteCount = 0
            return held
        }
    }

    /// Gives everything out; what comes meanwhile is not held.
    func give(_ send: (Stanza) -> Void) {
        let held = take()
        state.withLock { $0.isBeingGiven = true }
        for stanza in held { send(stanza) }
        state.withLock { $0.isBeingGiven = false }
    }
}
