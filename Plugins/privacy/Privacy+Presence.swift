import MartletPluginKit

extension Privacy {
    /// Changes what goes for a user's sessions, and tells contacts who see them no more that they are
    /// gone (XEP-0016 §2.11), and those who see them again what they are.
    func change(
        _ account: JID,
        _ book: PrivacyBook,
        _ change: @escaping @Sendable (borrowing Place) -> Void
    ) async {
        let isChanged = await site.visit(account) { [self] place in
            self.change(at: place, book, concerning: [], change)
            return true
        }
        if isChanged == nil { book.settle() }
    }

    /// The same at the user's home; of the addresses it is about, those of contacts are told too.
    func change(
        at place: borrowing Place,
        _ book: PrivacyBook,
        concerning addresses: [JID],
        _ change: (borrowing Place) -> Void
    ) {
        let account = place.account
        let watchers = book.watchers.filter { account?.isSameAccount(as: $0) != true }
        let all = watchers + addresses.filter { !$0.isBare && watchers.contains($0.bare) }
        let sessions = place.sessions.filter(\.isAvailable)
        let before = blind(sessions, all, at: place, book)
        change(place)
        let after = blind(sessions, all, at: place, book)
        for (session, (before, after)) in zip(sessions, zip(before, after)) {
            let gone = Array(after.subtracting(before))
            let unavailable = Stanza(.presence, type: .unavailable, to: nil, from: session.address)
            if let unavailable, !gone.isEmpty { site.route(unavailable, to: gone) }
            let back = Array(before.subtracting(after))
            if let presence = session.presence, !back.isEmpty { site.route(presence, to: back) }
        }
    }

    /// For each session, the contacts who are not to see it.
    private func blind(
        _ sessions: [SessionInfo],
        _ watchers: [JID],
        at place: borrowing Place,
        _ book: PrivacyBook
    ) -> [Set<JID>] {
        guard !sessions.isEmpty else { return [] }
        let blocked = Set(watchers.filter { isBlocked($0, at: place) == true })
        var blind: [Set<JID>] = []
        for session in sessions {
            let list = place.activeList(of: session.id)
            blind.append(
                Set(
                    watchers.filter {
                        !book.allows(
                            .presenceOut,
                            $0,
                            by: list,
                            isBlocked: blocked.contains($0)
                        )
                    }
                )
            )
        }
        return blind
    }
}
