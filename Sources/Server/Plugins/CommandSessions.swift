import MartletCore
import MartletCrypto
import MartletNet
import MartletRouter
import Synchronization

/// Ad-hoc commands that were begun and wait for their form (XEP-0050 §3.3).
///
/// A session belongs to one resource, one domain and one command. An account has few of them: with one too
/// many its oldest ends. Ids are signed, so that one that was given and is over needs no memory to be told
/// from one that never was.
final class CommandSessions: Sendable {
    /// Whose session, and of what.
    struct Place: Hashable {
        let domain: String
        /// A full address.
        let caller: JID
        let node: String
    }

    private struct Session {
        let id: String
        let end: ShardInstant
    }

    fileprivate struct Account: Hashable {
        let domain: String
        let jid: JID
    }

    private struct State {
        /// Those of each account, the oldest first.
        var open: [Account: [Session]] = [:]
        /// When those that are over are looked for again.
        var nextSweep: ShardInstant
    }

    private let clock: any ShardClock
    private let key = Random.bytes(32)
    private let state: Mutex<State>

    private static let sweepTime = Duration.seconds(60)

    init(clock: any ShardClock) {
        self.clock = clock
        state = Mutex(State(nextSweep: clock.now.advanced(by: Self.sweepTime)))
    }

    /// Begins one, and gives its id.
    func open(at place: Place, within limits: DomainLimits) -> String {
        let id = makeID(at: place)
        let now = clock.now
        let session = Session(id: id, end: now.advanced(by: limits.commandTime))
        state.withLock { state in
            Self.sweep(&state, now)
            var sessions = state.open[place.account] ?? []
            sessions.append(session)
            sessions.removeFirst(max(0, sessions.count - limits.commandSessions))
            state.open[place.account] = sessions
        }
        return id
    }

    /// - Throws: `bad-sessionid` for one that was never given here, `session-expired` for one that is over.
    func find(_ id: String, at place: Place) throws(StanzaError) {
        guard isGenuine(id, at: place) else { throw .command(.badSessionID) }
        let now = clock.now
        let isOpen = state.withLock { state in
            state.open[place.account]?.contains { $0.id == id && now < $0.end } == true
        }
        guard isOpen else { throw .command(.sessionExpired) }
    }

    /// Ends one, for one caller alone.
    ///
    /// - Throws: as ``find(_:at:)``.
    func end(_ id: String, at place: Place) throws(StanzaError) {
        try find(id, at: place)
        let wasOpen = state.withLock { state -> Bool in
            guard var sessions = state.open[place.account],
                let index = sessions.firstIndex(where: { $0.id == id })
            else { return false }
            sessions.remove(at: index)
            state.open[place.account] = sessions.isEmpty ? nil : sessions
            return true
        }
        guard wasOpen else { throw .command(.sessionExpired) }
    }

    /// How many are kept, over or not.
    var count: Int { state.withLock { $0.open.values.reduce(0) { $0 + $1.count } } }

    /// An id that nobody had before, good at one place.
    func makeID(at place: Place) -> String {
        let serial = Hex.encode(Random.bytes(12))
        return "\(serial)-\(signature(of: serial, at: place))"
    }

    private func isGenuine(_ id: String, at place: Place) -> Bool {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        let signature = signature(of: String(parts[0]), at: place)
        return constantTimeEquals(Array(signature.utf8), Array(parts[1].utf8))
    }

    private func signature(of serial: String, at place: Place) -> String {
        let text = [serial, place.domain, place.caller.description, place.node]
            .joined(separator: "\0")
        return Hex.encode(HashFunction.sha256.hmac(key: key, Array(text.utf8)).prefix(12))
    }

    /// Forgets, once a minute, what nobody came back to.
    private static func sweep(_ state: inout State, _ now: ShardInstant) {
        guard now >= state.nextSweep else { return }
        state.nextSweep = now.advanced(by: sweepTime)
        for (account, sessions) in state.open {
            let left = sessions.filter { now < $0.end }
            state.open[account] = left.isEmpty ? nil : left
        }
    }
}

extension CommandSessions.Place {
    fileprivate var account: CommandSessions.Account { .init(domain: domain, jid: caller.bare) }
}
