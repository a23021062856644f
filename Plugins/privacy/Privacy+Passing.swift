import MartletPluginKit

/// What passes (XEP-0016 §2.2, §2.9 to §2.14).
extension Privacy {
    static func judgeArrival(
        _ plugin: Privacy,
        _ event: borrowing Event
    ) throws(StanzaError) -> Verdict? {
        guard let place = event.place, let book = place.state(PrivacyBook.self) else { return nil }
        let stanza = event.stanza
        guard let from = stanza.from, plugin.isJudged(from, place.account) else {
            return .continue
        }
        guard let isBlocked = plugin.isBlocked(from, at: place) else { return nil }
        let isTaken = plugin.takes(stanza, from, at: place, book, isBlocked)
        return isTaken ? .continue : try refuse(stanza)
    }

    static func arrived(_ plugin: Privacy, _ arrival: Arrival) async throws(StanzaError) -> Verdict
    {
        let stanza = arrival.stanza
        guard let account = arrival.account, let from = stanza.from,
            plugin.isJudged(from, account)
        else { return .continue }
        let book = try await plugin.book(of: account)
        let isBlocked = try await plugin.isBlocked(from, for: account)
        let isTaken = await plugin.site.visit(account) {
            plugin.takes(stanza, from, at: $0, book, isBlocked)
        }
        return isTaken ?? true ? .continue : try refuse(stanza)
    }

    /// Whether one at least of those it is for would have it.
    private func takes(
        _ stanza: Stanza,
        _ from: JID,
        at place: borrowing Place,
        _ book: PrivacyBook,
        _ isBlocked: Bool
    ) -> Bool {
        guard isBlocked || !book.isEmpty else { return true }
        let sessions = place.sessions
        let meant = sessions.filter { $0.address == stanza.to }
        let passage = Passage.arriving(stanza)
        guard !sessions.isEmpty else {
            return book.allows(passage, from, by: nil, isBlocked: isBlocked)
        }
        for session in meant.isEmpty ? sessions : meant {
            let list = place.activeList(of: session.id)
            if book.allows(passage, from, by: list, isBlocked: isBlocked) { return true }
        }
        return false
    }

    /// False where nothing can be denied.
    private func hasRules(_ book: PrivacyBook) -> Bool { !book.isEmpty || site.blocklist != nil }

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
            let book = place.state(PrivacyBook.self), hasRules(book)
        else { return .continue }
        let stanza = event.stanza
        // An error is our own answer, or was judged when it arrived: it is for one session alone.
        guard !stanza.isError, let from = stanza.from, isJudged(from, place.account) else {
            return .continue
        }
        let isBlocked = isBlocked(from, at: place) ?? false
        let list = place.activeList(of: session)
        let passage = Passage.arriving(stanza)
        return book.allows(passage, from, by: list, isBlocked: isBlocked) ? .continue : .handled
    }

    func judgeBroadcast(_ event: borrowing Event) -> Verdict {
        guard let place = event.place, let book = place.state(PrivacyBook.self), hasRules(book),
            let to = event.stanza.to, isJudged(to, place.account)
        else { return .continue }
        let isBlocked = isBlocked(to, at: place) ?? false
        let list = place.activeList(of: event.session)
        return book.allows(.presenceOut, to, by: list, isBlocked: isBlocked) ? .continue : .handled
    }
}

// MARK: What users send

extension Privacy {
    static func judgeDeparture(
        _ plugin: Privacy,
        _ event: borrowing Event
    ) throws(StanzaError) -> Verdict? {
        guard let place = event.place, let book = place.state(PrivacyBook.self) else { return nil }
        let stanza = event.stanza
        guard let to = stanza.to, plugin.isJudged(to, place.account) else { return .continue }
        guard let isBlocked = plugin.isBlocked(to, at: place) else { return nil }
        return plugin.depart(stanza, to, event.session, at: place, book, isBlocked)
    }

    static func departed(
        _ plugin: Privacy,
        _ arrival: Arrival
    ) async throws(StanzaError) -> Verdict {
        guard let account = arrival.account else { return .continue }
        let book = try await plugin.book(of: account)
        let (stanza, session) = (arrival.stanza, arrival.session)
        guard let to = stanza.to, plugin.isJudged(to, account) else { return .continue }
        let isBlocked = try await plugin.isBlocked(to, for: account)
        return await plugin.site.visit(account) {
            plugin.depart(stanza, to, session, at: $0, book, isBlocked)
        } ?? .continue
    }

    /// What may not go comes back to the session that sent it.
    private func depart(
        _ stanza: Stanza,
        _ to: JID,
        _ session: SessionID?,
        at place: borrowing Place,
        _ book: PrivacyBook,
        _ isBlocked: Bool
    ) -> Verdict {
        let list = place.activeList(of: session)
        let passage = Passage.departing(stanza)
        if book.allows(passage, to, by: list, isBlocked: isBlocked) { return .continue }
        // XEP-0191 §3.3.
        let blocked = XML("blocked", in: "urn:xmpp:blocking:errors")
        let isByBlocklist = isBlocked && book.lists.isDefault(list)
        let error = StanzaError(
            .notAcceptable,
            .cancel,
            application: isByBlocklist ? blocked : nil
        )
        if let session, let refusal = stanza.refused(error) { place.send(refusal, to: session) }
        return .handled
    }
}
