import MartletPluginKit

/// What passes (XEP-0016 §2.2, §2.13).
extension Privacy {
    static func judgeArrival(
        _ plugin: Privacy,
        _ event: borrowing Event
    ) throws(StanzaError) -> Verdict? {
        guard let place = event.place, let book = place.state(PrivacyBook.self) else { return nil }
        guard !plugin.takes(event.stanza, at: place, book) else { return .continue }
        return try refuse(event.stanza)
    }

    static func arrived(_ plugin: Privacy, _ arrival: Arrival) async throws(StanzaError) -> Verdict
    {
        guard let account = arrival.account else { return .continue }
        let book = try await plugin.book(of: account)
        let stanza = arrival.stanza
        let isTaken = await plugin.site.visit(account) { plugin.takes(stanza, at: $0, book) }
        return isTaken ?? true ? .continue : try refuse(stanza)
    }

    /// Whether one at least of those it is for would have it.
    private func takes(_ stanza: Stanza, at place: borrowing Place, _ book: PrivacyBook) -> Bool {
        guard !book.isEmpty, let from = stanza.from, isJudged(from, place.account) else {
            return true
        }
        let sessions = place.sessions
        let meant = sessions.filter { $0.address == stanza.to }
        let ids = (meant.isEmpty ? sessions : meant).map(\.id)
        let passage = Passage.arriving(stanza)
        guard !ids.isEmpty else {
            return book.allows(passage, from, by: place.list(of: nil, book))
        }
        return ids.contains { book.allows(passage, from, by: place.list(of: $0, book)) }
    }

    /// Neither the user's own sessions nor the server are ever blocked.
    private func isJudged(_ other: JID, _ account: JID?) -> Bool {
        guard let account else { return false }
        return !other.isSameAccount(as: account) && other != site.address
    }

    private static func refuse(_ stanza: Stanza) throws(StanzaError) -> Verdict {
        guard stanza.kind == .message || stanza.isRequest else { return .handled }
        throw .serviceUnavailable
    }

    /// What got as far as one session, whose list may be another than that of those beside it.
    func judgeWriting(_ event: borrowing Event) -> Verdict {
        guard let session = event.session, let place = event.place,
            let book = place.state(PrivacyBook.self), !book.isEmpty
        else { return .continue }
        let stanza = event.stanza
        // An error is our own answer, or was judged when it arrived: it is for one session alone.
        guard !stanza.isError, let from = stanza.from, isJudged(from, place.account) else {
            return .continue
        }
        let list = place.list(of: session, book)
        return book.allows(.arriving(stanza), from, by: list) ? .continue : .handled
    }

    func judgeBroadcast(_ event: borrowing Event) -> Verdict {
        guard let place = event.place, let book = place.state(PrivacyBook.self), !book.isEmpty,
            let to = event.stanza.to, isJudged(to, place.account)
        else { return .continue }
        let list = place.list(of: event.session, book)
        return book.allows(.presenceOut, to, by: list) ? .continue : .handled
    }

    static func judgeDeparture(
        _ plugin: Privacy,
        _ event: borrowing Event
    ) throws(StanzaError) -> Verdict? {
        guard let place = event.place, let book = place.state(PrivacyBook.self) else { return nil }
        return plugin.depart(event.stanza, event.session, at: place, book)
    }

    static func departed(
        _ plugin: Privacy,
        _ arrival: Arrival
    ) async throws(StanzaError) -> Verdict {
        guard let account = arrival.account else { return .continue }
        let book = try await plugin.book(of: account)
        let (stanza, session) = (arrival.stanza, arrival.session)
        return await plugin.site.visit(account) { plugin.depart(stanza, session, at: $0, book) }
            ?? .continue
    }

    /// What may not go comes back to the session that sent it.
    private func depart(
        _ stanza: Stanza,
        _ session: SessionID?,
        at place: borrowing Place,
        _ book: PrivacyBook
    ) -> Verdict {
        guard !book.isEmpty, let to = stanza.to, isJudged(to, place.account) else {
            return .continue
        }
        let list = place.list(of: session, book)
        if book.allows(.departing(stanza), to, by: list) { return .continue }
        if let session, let refusal = stanza.refused(StanzaError(.notAcceptable, .cancel)) {
            place.send(refusal, to: session)
        }
        return .handled
    }
}
