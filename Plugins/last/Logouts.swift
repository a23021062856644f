import MartletPluginKit
import Synchronization

/// When accounts were left by the last of their clients, and what that one said.
final class Logouts: Sendable {
    static let collection = "last"
    private static let key = "logout"

    struct Logout: Codable, Hashable, Sendable {
        var time: Timestamp
        /// Of the last unavailable presence; nil when it said nothing.
        var status: String?
    }

    /// How long a logout may wait to be written; a server that does not come to its end forgets it.
    ///
    /// Who loses a connection, or has a client that comes and goes, is written once in that time.
    private static let patience = Duration.seconds(5)
    /// So many that wait are written at once.
    private static let waitingLimit = 1_000

    private struct State {
        /// What the store is to be told, by account.
        var waiting: [JID: Logout] = [:]
        /// What it is being told, by `writing`.
        var underWay: [JID: Logout] = [:]
        var writing: Task<Void, Never>?
        /// Whether a timer is set.
        var isTimed = false
    }

    private let documents: Documents<Logout>
    private let site: Site
    private let state = Mutex(State())

    init(at site: Site) {
        self.site = site
        documents = Documents(Self.collection, at: site)
    }

    func last(of account: JID) async throws(StanzaError) -> Logout? {
        let unwritten = state.withLock { $0.waiting[account] ?? $0.underWay[account] }
        if let unwritten { return unwritten }
        do {
            return try await documents.get(Self.key, of: .account(account))?.value
        } catch {
            throw error.stanzaError
        }
    }

    /// Keeps what a session says on going with it, until it is back.
    static func noteStatus(_ event: borrowing Event) {
        guard let place = event.place, let session = event.session else { return }
        if event.type != .unavailable {
            if place.state(LastWords.self, of: session) != nil {
                place.setState(nil as LastWords?, of: session)
            }
        } else if let said = event.stanza.child("status")?.text, !said.isEmpty {
            place.setState(LastWords(said), of: session)
        }
    }

    /// Writes down that a session ended, if it was the account's last.
    func note(_ event: borrowing Event) {
        guard let place = event.place, let account = place.account, let session = event.session,
            !place.sessions.contains(where: { $0.id != session })
        else { return }
        let status = place.state(LastWords.self, of: session)?.status
        let logout = Logout(time: site.now, status: status)
        let isMuch = state.withLock { state in
            state.waiting[account] = logout
            return state.waiting.count >= Self.waitingLimit
        }
        if isMuch { write() } else { writeLater() }
    }

    /// Writes what still waits.
    func stop() async {
        await state.withLock { $0.writing }?.value
        write()
        await state.withLock { $0.writing }?.value
    }

    private func writeLater() {
        let isTimed = state.withLock { state in
            defer { state.isTimed = true }
            return state.isTimed
        }
        guard !isTimed else { return }
        site.timer(after: Self.patience) { [self] in
            state.withLock { $0.isTimed = false }
            write()
        }
    }

    /// Begins to write all that waits, together; one round after the other, so that the last logout of an
    /// account is the one that stays.
    private func write() {
        state.withLock { state in
            guard state.underWay.isEmpty, !state.waiting.isEmpty else { return }
            let batch = state.waiting
            (state.underWay, state.waiting) = (batch, [:])
            // `stop` waits for it.
            state.writing = Task { await write(batch) }
        }
    }

    private func write(_ batch: [JID: Logout]) async {
        await withDiscardingTaskGroup { group in
            for (account, logout) in batch {
                group.addTask { await self.write(logout, of: account) }
            }
        }
        let isMore = state.withLock { state in
            state.underWay = [:]
            return !state.waiting.isEmpty
        }
        if isMore { writeLater() }
    }

    private func write(_ logout: Logout, of account: JID) async {
        do {
            try await documents.put(logout, under: Self.key, of: .account(account))
        } catch {
            site.log(.warning, "the logout of an account was not kept: \(error)")
        }
    }
}

/// What is kept with a session that said why it goes.
private final class LastWords: Sendable {
    /// Longer ones are cut.
    private static let limit = 1_024
    let status: String

    init(_ status: String) { self.status = String(status.prefix(Self.limit)) }
}
