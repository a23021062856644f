import MartletPluginKit

extension Carbons {
    /// Copies what a client sends to the account's other clients (XEP-0280 §8).
    ///
    /// What it sends to its own account is copied where it arrives, so that no client gets it twice.
    static func copySent(_ event: borrowing Event) {
        guard let place = event.place, let home = place.state(CarbonHome.self),
            let account = place.account
        else { return }
        let message = event.stanza
        guard let to = message.to, !to.isSameAccount(as: account),
            Eligibility.admits(message, .sent, at: home)
        else { return }
        remember(message, with: to, at: home)
        let sender = event.session
        let others = place.sessions.filter { $0.id != sender && home.wantsCopies($0.id) }
        send(message, as: "sent", to: others, from: account, at: place)
    }

    /// Copies what arrives for the account to those of its clients that are not given it
    /// (XEP-0280 §7).
    static func copyReceived(_ event: borrowing Event) {
        guard let place = event.place, let home = place.state(CarbonHome.self),
            let account = place.account
        else { return }
        let message = event.stanza
        guard let from = message.from, !isLate(message, account),
            Eligibility.admits(message, .received, at: home)
        else { return }
        let sessions = place.sessions
        guard let takers = takers(of: message, among: sessions) else { return }
        remember(message, with: from, at: home)
        let others = sessions.filter {
            home.wantsCopies($0.id) && !takers.contains($0.id) && $0.address != from
        }
        send(message, as: "received", to: others, from: account, at: place)
    }

    /// The sessions that are given a message itself (RFC 6121 §8.5); nil when it is returned to its
    /// sender.
    private static func takers(
        of message: Stanza,
        among sessions: [SessionInfo]
    ) -> [SessionID]? {
        guard let to = message.to else { return nil }
        if let named = sessions.first(where: { $0.address == to }) { return [named.id] }
        switch message.type {
        case .normal where !to.isBare: return nil
        case .error: return []
        case .headline where !to.isBare: return []
        default: return sessions.filter { $0.isAvailable && $0.priority >= 0 }.map(\.id)
        }
    }

    /// Whether it was delivered, and copied, before: a client that was given it is gone, and the server
    /// has said since when it waits (XEP-0198 §5, XEP-0203).
    private static func isLate(_ message: Stanza, _ account: JID) -> Bool {
        message.isDelayed(by: account.domain)
    }

    private static func remember(_ message: Stanza, with peer: JID, at home: CarbonHome) {
        guard message.type != .error, let id = message.id else { return }
        home.remember(id, with: peer)
    }

    private static func send(
        _ message: Stanza,
        as kind: String,
        to sessions: [SessionInfo],
        from account: JID,
        at place: borrowing Place
    ) {
        guard let first = sessions.first else { return }
        let payload = XML(kind, in: namespace) { $0.append(.forwarded(message.xml)) }
        // Without an id: nothing that answers it could be taken for an answer to the message.
        let made = Stanza(
            .message,
            type: message.type,
            to: first.address,
            from: account,
            payload
        )
        guard let made else { return }
        place.send(made, to: first.id)
        for session in sessions.dropFirst() {
            guard let copy = made.edited(to: .set(session.address)) else { continue }
            place.send(copy, to: session.id)
        }
    }
}
