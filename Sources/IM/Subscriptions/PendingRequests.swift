import MartletCore
import MartletRouter

/// When a user's requests went out that contacts elsewhere have not answered.
///
/// It is at the account's home, and so forgotten when the last of its clients has left.
private final class PendingRequests {
    /// One contact is not asked again before.
    static let interval = Duration.seconds(86_400)

    private var times: [JID: Duration] = [:]

    /// Whether the contact is to be asked now; then that is noted.
    func ask(_ contact: JID, at now: Duration) -> Bool {
        if let last = times[contact], now - last < Self.interval { return false }
        times[contact] = now
        return true
    }
}

extension RouterShard {
    func noteAsked(_ contact: JID, by account: JID) {
        guard isElsewhere(contact), let requests = pendingRequests(of: account) else { return }
        _ = requests.ask(contact, at: time)
    }

    /// The first of a user's resources is there: requests go out again that another server may have
    /// lost, since nobody answered them (RFC 6121 §3.1.2).
    func askAgain(_ roster: UserRoster, of session: Session) {
        let pending = roster.items.values.filter { $0.isPendingOut && isElsewhere($0.jid) }
        guard !pending.isEmpty, let requests = pendingRequests(of: session.jid) else { return }
        let account = session.jid.bare
        charge(pending.count, to: session)
        for item in pending where requests.ask(item.jid, at: time) {
            let id = "subscribe\(roster.version)"
            route(Stanza(.presence, type: .subscribe, to: item.jid, from: account, id: id))
        }
    }

    private func pendingRequests(of account: JID) -> PendingRequests? {
        guard let home = home(of: account) else { return nil }
        if let requests = home.state[PendingRequests.self] { return requests }
        let requests = PendingRequests()
        home.state[PendingRequests.self] = requests
        return requests
    }
}
