import MartletPluginKit

/// After the login: what is on file, another password, the end (XEP-0077 §3.1 to §3.3).
extension Register {
    static func askedByUser(
        _ plugin: Register,
        _ event: borrowing Event
    ) throws(StanzaError) -> XML? {
        let stanza = event.stanza
        return plugin.described(try plugin.user(of: stanza, or: .serviceUnavailable))
    }

    func described(_ account: JID) -> XML {
        XML("query", in: Self.namespace) { query in
            query.element("registered")
            query.element("username") { $0.text(account.localpart ?? "") }
            query.element("password")
        }
    }

    /// Answers itself, as an error would carry what was sent, a password (XEP-0077 §3.3).
    static func userChanges(
        _ plugin: Register,
        _ arrival: Arrival
    ) async throws(StanzaError) -> Verdict {
        let stanza = arrival.stanza
        var answer = Stanza(
            .iq,
            type: .result,
            to: stanza.from,
            from: stanza.to,
            id: stanza.id
        )
        do throws(StanzaError) {
            try await plugin.change(arrival)
        } catch {
            answer = Stanza(
                .iq,
                type: .error,
                to: stanza.from,
                from: stanza.to,
                id: stanza.id,
                error.xml
            )
        }
        if let answer { await plugin.answer(arrival, answer) }
        return .handled
    }

    private func change(_ arrival: Arrival) async throws(StanzaError) {
        let query = arrival.stanza.payload
        if query?.child("remove", in: Self.namespace) != nil {
            try await remove(arrival)
        } else {
            try await changePassword(try Submission(query), arrival)
        }
    }

    private func answer(_ arrival: Arrival, _ answer: Stanza) async {
        guard let session = arrival.session, let user = arrival.stanza.from,
            user.domainpart == site.domain
        else {
            site.route(
                answer.from == nil ? answer.edited(from: .set(site.address)) ?? answer : answer
            )
            return
        }
        _ = await site.visit(user.bare) { $0.send(answer, to: session) }
    }

    /// Who asks, of the users of this domain, and for nobody else.
    private func user(
        of stanza: Stanza,
        or refusal: StanzaError
    ) throws(StanzaError) -> JID {
        guard let from = stanza.from?.bare, from.localpart != nil, from.domainpart == site.domain,
            stanza.to.map({ $0 == site.address || $0 == from }) ?? true
        else { throw refusal }
        return from
    }

    /// XEP-0077 §3.2: the account, all that it owns, and what others' rosters say of it.
    private func remove(_ arrival: Arrival) async throws(StanzaError) {
        let account = try user(of: arrival.stanza, or: .registrationRequired)
        guard arrival.stanza.payload?.children().map(\.self).count == 1 else { throw .badRequest }
        guard settings.allowsRemoval else { throw .notAllowed }
        let contacts: [RosterItem]
        do throws(Accounts.Fault) {
            contacts = try await site.accounts.roster(of: account)
            try await site.accounts.remove(account, last: arrival.session)
        } catch {
            throw error.stanzaError
        }
        for contact in contacts { cancel(contact, of: account) }
        site.log(.info, "\(account) was removed by its user")
    }

    private func cancel(_ contact: RosterItem, of account: JID) {
        var ends: [Stanza.StanzaType] = []
        if contact.hasTo { ends.append(.unsubscribe) }
        if contact.hasFrom { ends.append(.unsubscribed) }
        for type in ends {
            if let end = Stanza(.presence, type: type, to: contact.jid, from: account) {
                site.route(end)
            }
        }
    }

    /// XEP-0077 §3.3.
    private func changePassword(
        _ submission: Submission,
        _ arrival: Arrival
    ) async throws(StanzaError) {
        let account = try user(of: arrival.stanza, or: .serviceUnavailable)
        guard settings.allowsPasswordChange else { throw .notAllowed }
        guard let name = submission.username, let password = submission.password else {
            throw .badRequest
        }
        // A second identity.
        guard site.account(named: name) == account else { throw .notAcceptable }
        try judge(password)
        do throws(Accounts.Fault) {
            try await site.accounts.setPassword(password, of: account, keeping: arrival.session)
        } catch {
            throw error.stanzaError
        }
        site.log(.info, "\(account) has another password")
    }
}
