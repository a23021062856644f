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

    private let documents: Documents<Logout>
    private let site: Site
    /// What the store is being told.
    private let unwritten = Mutex<[JID: Logout]>([:])

    init(at site: Site) {
        self.site = site
        documents = Documents(Self.collection, at: site)
    }

    func last(of account: JID) async throws(StanzaError) -> Logout? {
        if let logout = unwritten.withLock({ $0[account] }) { return logout }
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
        unwritten.withLock { $0[account] = logout }
        // The store has been asked when this returns; nobody waits for more.
        Task.immediate {
            await write(logout, of: account)
        }
    }

    private func write(_ logout: Logout, of account: JID) async {
        do {
            try await documents.put(logout, under: Self.key, of: .account(account))
        } catch {
            site.log(.warning, "the logout of an account was not kept: \(error)")
        }
        unwritten.withLock { if $0[account] == logout { $0[account] = nil } }
    }
}

/// What is kept with a session that said why it goes.
private final class LastWords: Sendable {
    /// Longer ones are cut.
    private static let limit = 1_024
    let status: String

    init(_ status: String) { self.status = String(status.prefix(Self.limit)) }
}
