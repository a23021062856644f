import MartletPluginKit

extension MessageArchive {
    /// Archives what an account's client sends, before it goes on its way.
    ///
    /// Handlers that come next see the id in the archive, so that copies for the account's other clients
    /// have it (XEP-0313 §3.5).
    func archiveSent(_ arrival: Arrival) async throws(StanzaError) -> Verdict {
        guard let account = arrival.account else { return .continue }
        let message = arrival.stanza
        return try await archive(message, of: account, with: message.to ?? account)
    }

    /// Archives what arrives for an account, before anybody is given it.
    func archiveReceived(_ arrival: Arrival) async throws(StanzaError) -> Verdict {
        let message = arrival.stanza
        guard let account = arrival.account, let from = message.from else { return .continue }
        // What an account says to itself was archived when it was sent, and once (XEP-0313 §6.1.1).
        guard !from.isSameAccount(as: account) else { return .continue }
        if try await wasDelivered(message, to: account) { return .continue }
        guard await !isReturned(message, arrival.site) else { return .continue }
        return try await archive(message, of: account, with: from)
    }

    /// What goes on, with the id it has in the archive if it was archived; ids in the account's name that
    /// it did not give are gone (XEP-0359 §3).
    private func archive(
        _ message: Stanza,
        of account: JID,
        with peer: JID
    ) async throws(StanzaError) -> Verdict {
        guard ArchiveRules.admits(message), try await wants(message, of: account, with: peer) else {
            return try Self.unarchived(message, of: account)
        }
        let clean = try Self.clean(message, of: account)
        do throws(StoreError) {
            try await register.add(account)
            retention.start()
            let cipher = try await ids.cipher(for: account)
            let outcome = try await store.perform(
                append(clean, of: account, with: peer),
                of: .account(account)
            )
            guard let number = outcome.version else { throw .failed }
            return try Self.archived(clean, number, cipher, of: account)
        } catch {
            throw error.stanzaError
        }
    }

    private func wants(
        _ message: Stanza,
        of account: JID,
        with peer: JID
    ) async throws(StanzaError) -> Bool {
        do {
            return try await archives(peer, for: account)
        } catch {
            throw error.stanzaError
        }
    }
}

// MARK: Without waiting

/// The same where all that has to be known is in memory: what waits is the home alone, and no task.
extension MessageArchive {
    func beginSent(_ event: borrowing Event) throws(StanzaError) -> Beginning {
        guard event.place != nil else { return .decided(.continue) }
        let message = event.stanza
        return try begin(message, ArchiveRules(message), with: message.addressee, event)
    }

    func beginReceived(_ event: borrowing Event) throws(StanzaError) -> Beginning {
        let message = event.stanza
        guard event.place != nil, let from = message.sender, let to = message.addressee,
            !from.isSameAccount(as: to)
        else { return .decided(.continue) }
        let rules = ArchiveRules(message)
        // It may have been delivered before, or be about to return to its sender.
        guard !rules.isDelayed, message.type != .normal || to.isBare else { return .waiting }
        return try begin(message, rules, with: from, event)
    }

    private func begin(
        _ message: Stanza,
        _ rules: ArchiveRules,
        with peer: AddressView?,
        _ event: borrowing Event
    ) throws(StanzaError) -> Beginning {
        guard let place = event.place, rules.admits || rules.hasIDs else {
            return .decided(.continue)
        }
        guard let home = home(at: place) else { return .waiting }
        guard rules.admits else { return .decided(try Self.unarchived(message, of: home.account)) }
        guard let isWanted = home.wants ?? knows(whetherToArchive: peer, for: home) else {
            return .waiting
        }
        guard isWanted else {
            return rules.hasIDs
                ? .decided(try Self.unarchived(message, of: home.account)) : .decided(.continue)
        }
        let clean = rules.hasIDs ? try Self.clean(message, of: home.account) : message
        return append(clean, isChanged: rules.hasIDs, with: peer, home, event)
    }

    private func knows(whetherToArchive peer: AddressView?, for home: ArchiveHome) -> Bool? {
        knows(whetherToArchive: peer?.jid ?? home.account, for: home.account)
    }

    private func append(
        _ message: Stanza,
        isChanged: Bool,
        with peer: AddressView?,
        _ home: ArchiveHome,
        _ event: borrowing Event
    ) -> Beginning {
        store.append(
            Self.whole(message, of: home.account),
            to: Self.log,
            at: time,
            columns: [ArchiveQuery.peer: peer?.bareText ?? home.account.description],
            for: event
        ) { (event, result) throws(StanzaError) in
            do throws(StoreError) {
                let number = try result.get()
                guard Self.showsOwnID(message, of: home.account, event) else {
                    return isChanged ? .replace(message) : .continue
                }
                return try Self.archived(message, number, home.cipher, of: home.account)
            } catch {
                throw error.stanzaError
            }
        }
    }

    /// Whether anybody is to see the id that a message has in an account's archive: not where the account
    /// sent it to another, and has no client but the one that did.
    private static func showsOwnID(
        _ message: Stanza,
        of account: JID,
        _ event: borrowing Event
    ) -> Bool {
        guard let to = message.addressee, !to.isOf(account) else { return true }
        guard let place = event.place else { return true }
        return place.sessionCount > 1
    }
}

// MARK: The parts

extension MessageArchive {
    private func append(_ message: Stanza, of account: JID, with peer: JID) -> Operation {
        let entry = LogEntry(
            time: time,
            columns: [ArchiveQuery.peer: peer.bare.description],
            value: Array(Self.whole(message, of: account).xml.text.utf8)
        )
        return .append(entry, to: Self.log)
    }

    /// A message as it is stored: without an addressee it was for the account itself.
    private static func whole(_ message: Stanza, of account: JID) -> Stanza {
        guard message.addressee == nil else { return message }
        return message.edited(to: .set(account)) ?? message
    }

    /// Milliseconds, as clients are told: they ask for messages up to the time that they were told.
    private var time: Timestamp {
        let now = site.now.microseconds
        return Timestamp(microseconds: now - now % 1_000)
    }

    private static func clean(
        _ message: Stanza,
        of account: JID
    ) throws(StanzaError) -> Stanza {
        let forged = StanzaIDs.all(by: account, in: message)
        guard !forged.isEmpty else { return message }
        guard let clean = message.edited(removing: forged) else { throw .internalServerError }
        return clean
    }

    private static func unarchived(
        _ message: Stanza,
        of account: JID
    ) throws(StanzaError) -> Verdict {
        let forged = StanzaIDs.all(by: account, in: message)
        return forged.isEmpty ? .continue : .replace(try clean(message, of: account))
    }

    private static func archived(
        _ message: Stanza,
        _ number: Int64,
        _ cipher: ArchiveCipher,
        of account: JID
    ) throws(StoreError) -> Verdict {
        let identified = message.appending(
            "stanza-id",
            in: StanzaIDs.namespace,
            ["by": account.description, "id": cipher.id(of: number)]
        )
        guard let identified else { throw .failed }
        return .replace(identified)
    }
}

// MARK: What is not archived here

extension MessageArchive {
    /// Whether it was archived before: a client that was given it is gone, the server has said since
    /// when it waits (XEP-0198 §5, XEP-0203), and the archive did give the id.
    private func wasDelivered(_ message: Stanza, to account: JID) async throws(StanzaError) -> Bool
    {
        guard message.isDelayed(by: account.domain) else { return false }
        do {
            let cipher = try await ids.cipher(for: account)
            return StanzaIDs.all(by: account, in: message).contains {
                $0["id"].flatMap(cipher.number(of:)) != nil
            }
        } catch {
            throw error.stanzaError
        }
    }

    /// Whether nobody will be given it, and its sender is told so (RFC 6121 §8.5.3.2.1): it belongs into
    /// no archive (XEP-0313 §6.1).
    private func isReturned(_ message: Stanza, _ site: Site) async -> Bool {
        guard message.type == .normal, let to = message.to, !to.isBare,
            ArchiveRules.admits(message)
        else { return false }
        let isThere = await site.visit(to.bare) { place in
            place.sessions.contains { $0.address == to }
        }
        return isThere == false
    }

    /// A message as others than its sender may see it; nil when it is for the sender's own account.
    static func withoutOwnID(_ event: borrowing Event) -> Stanza? {
        guard event.holds("stanza-id", in: "urn:xmpp:sid:0") else { return nil }
        let message = event.stanza
        guard let account = event.place?.account, let to = message.to,
            !to.isSameAccount(as: account)
        else { return nil }
        let own = StanzaIDs.all(by: account, in: message)
        return own.isEmpty ? nil : message.edited(removing: own)
    }

    /// The account is gone, and with it its archive.
    func forget(_ account: JID) {
        preferences.forget(account)
        register.remove(account)
    }
}
