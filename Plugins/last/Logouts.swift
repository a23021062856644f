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
    /// What sessions said on going that have not ended yet.
    private let lastWords = Mutex<[SessionID: String]>([:])
    /// What the store is being told.
    private let unwritten = Mutex<[JID: Logout]>([:])
    /// Longer ones are cut.
    private static let statusLimit = 1_024

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

    /// Remembers what a session says on going until it ends, or is back.
    func noteStatus(_ event: borrowing Event) {
        guard let session = event.session else { return }
        let said = event.type == .unavailable ? event.stanza.child("status")?.text : nil
        lastWords.withLock { words in
            // The end of a session is unavailable presence too, and comes once it has ended.
            if let said, !said.isEmpty { words[session] = String(said.prefix(Self.statusLimit)) }
            if event.type != .unavailable { words[session] = nil }
        }
    }

    /// Writes down that a session ended, if it was the account's last.
    func note(_ event: borrowing Event) {
        guard let session = event.session else { return }
        let status = lastWords.withLock { $0.removeValue(forKey: session) }
        guard let place = event.place, let account = place.account,
            !place.sessions.contains(where: { $0.id != session })
        else { return }
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
