import CPlugin
import MartletCore
import MartletRouter
import MartletXML
import Synchronization

/// What waits for plugins: verdicts that come later, and answers to commands.
///
/// A token is a slot and its generation, so that one that comes twice, or too late, is known as such.
/// One slab serves the process: the ABI's `complete` names no server.
final class TokenSlab: Sendable {
    static let shared = TokenSlab()

    /// How a wait ended.
    enum Outcome: Sendable {
        case verdict(Int32, Stanza?, Element?, StanzaError, ChainValue?, login: JID?)
        case answer(Int32, [(String, String)], String)
        case timeout
        case stopped
    }

    private enum Slot: Sendable {
        case free
        /// Given out; nobody waits yet.
        case open
        /// Completed before somebody waited.
        case done(Outcome)
        case awaited(@Sendable (Outcome) -> Void)
    }

    private struct Entry: Sendable {
        var generation: UInt32 = 1
        var slot = Slot.free
        var site: ObjectIdentifier?
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var free: [Int] = []
    }

    private let state = Mutex(State())

    /// Opens a wait on behalf of a plugin at a domain.
    func open(for site: PluginSite) -> martlet_token {
        state.withLock { state in
            let index = state.free.popLast() ?? state.entries.count
            if index == state.entries.count { state.entries.append(Entry()) }
            state.entries[index].slot = .open
            state.entries[index].site = ObjectIdentifier(site)
            return UInt64(state.entries[index].generation) << 32 | UInt64(index)
        }
    }

    /// Gives the outcome to whoever waits, or keeps it until somebody does.
    ///
    /// - Returns: whether the token was still good.
    @discardableResult
    func complete(_ token: martlet_token, _ outcome: Outcome) -> Bool {
        let (isGood, waiter) = state.withLock { state -> (Bool, (@Sendable (Outcome) -> Void)?) in
            guard let index = Self.index(of: token, in: state) else { return (false, nil) }
            switch state.entries[index].slot {
            case .open:
                state.entries[index].slot = .done(outcome)
                return (true, nil)
            case .awaited(let waiter):
                Self.release(index, in: &state)
                return (true, waiter)
            case .done, .free: return (false, nil)
            }
        }
        waiter?(outcome)
        return isGood
    }

    /// Has the outcome told, at once if it is there already.
    func await(_ token: martlet_token, _ waiter: @escaping @Sendable (Outcome) -> Void) {
        let outcome = state.withLock { state -> Outcome? in
            guard let index = Self.index(of: token, in: state) else { return .stopped }
            switch state.entries[index].slot {
            case .done(let outcome):
                Self.release(index, in: &state)
                return outcome
            case .open:
                state.entries[index].slot = .awaited(waiter)
                return nil
            case .awaited, .free: return .stopped
            }
        }
        if let outcome { waiter(outcome) }
    }

    /// A hook asked for a token, and then decided at once.
    func discard(_ token: martlet_token) {
        state.withLock { state in
            guard let index = Self.index(of: token, in: state) else { return }
            Self.release(index, in: &state)
        }
    }

    /// Ends everything that waits for a plugin that is being stopped.
    func stop(_ site: PluginSite) {
        let waiters = state.withLock { state -> [@Sendable (Outcome) -> Void] in
            var waiters: [@Sendable (Outcome) -> Void] = []
            for index in state.entries.indices
            where state.entries[index].site == ObjectIdentifier(site) {
                switch state.entries[index].slot {
                case .awaited(let waiter):
                    waiters.append(waiter)
                    Self.release(index, in: &state)
                case .open: state.entries[index].slot = .done(.stopped)
                case .done, .free: break
                }
            }
            return waiters
        }
        for waiter in waiters { waiter(.stopped) }
    }

    /// How many waits are open.
    var openCount: Int { state.withLock { $0.entries.count - $0.free.count } }

    private static func index(of token: martlet_token, in state: State) -> Int? {
        let index = Int(token & 0xFFFF_FFFF)
        guard index < state.entries.count,
            state.entries[index].generation == UInt32(truncatingIfNeeded: token >> 32)
        else { return nil }
        return index
    }

    private static func release(_ index: Int, in state: inout State) {
        state.entries[index].slot = .free
        state.entries[index].site = nil
        // Zero is no token at all.
        state.entries[index].generation &+= 1
        if state.entries[index].generation == 0 { state.entries[index].generation = 1 }
        state.free.append(index)
    }
}
