import MartletPluginKit

extension Privacy {
    /// Changes what goes for a user's sessions, and tells contacts who see them no more that they are
    /// gone (XEP-0016 §2.11), and those who see them again what they are.
    func change(
        _ account: JID,
        _ book: PrivacyBook,
        _ change: @escaping @Sendable (borrowing Place) -> Void
    ) async {
        let site = site
        _ = await site.visit(account) { place in
            let watchers = book.watchers.filter { !$0.isSameAccount(as: account) }
            let sessions = place.sessions.filter(\.isAvailable)
            let before = sessions.map { Self.blind($0, watchers, at: place, book) }
            change(place)
            for (session, before) in zip(sessions, before) {
                let after = Self.blind(session, watchers, at: place, book)
                let gone = Array(after.subtracting(before))
                let unavailable = Stanza(
                    .presence,
                    type: .unavailable,
                    to: nil,
                    from: session.address
                )
                if let unavailable, !gone.isEmpty { site.route(unavailable, to: gone) }
                let back = Array(before.subtracting(after))
                if let presence = session.presence, !back.isEmpty {
                    site.route(presence, to: back)
                }
            }
        }
    }

    /// The contacts who are not to see a session.
    private static func blind(
        _ session: SessionInfo,
        _ watchers: [JID],
        at place: borrowing Place,
        _ book: PrivacyBook
    ) -> Set<JID> {
        let list = place.list(of: session.id, book)
        return Set(watchers.filter { !book.allows(.presenceOut, $0, by: list) })
    }
}
