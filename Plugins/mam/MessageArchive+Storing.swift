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
            let cipher = try await ids.cipher(for: account)
            let outcome = try await site.store.perform(
                append(clean, of: account, with: peer),
                of: .account(account)
            )
            return try Self.archived(clean, [outcome], cipher, of: account)
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
        guard let account = event.place?.account else { return .decided(.continue) }
        let message = event.stanza
        return try begin(message, of: account, with: message.to ?? account)
    }

    func beginReceived(_ event: borrowing Event) throws(StanzaError) -> Beginning {
        let message = event.stanza
        guard let account = event.place?.account, let from = message.from,
            !from.isSameAccount(as: account)
        else { return .decided(.continue) }
        guard !message.isDelayed(by: account.domain), message.type != .normal else {
            return .waiting
        }
        return try begin(message, of: account, with: from)
    }

    private func begin(
        _ message: Stanza,
        of account: JID,
        with peer: JID
    ) throws(StanzaError) -> Beginning {
        guard ArchiveRules.admits(message) else {
            return .decided(try Self.unarchived(message, of: account))
        }
        guard let isWanted = knows(whetherToArchive: peer, for: account) else { return .waiting }
        guard isWanted else { return .decided(try Self.unarchived(message, of: account)) }
        guard register.knows(account), let cipher = ids.knownCipher(for: account) else {
            return .waiting
        }
        let isForged = !StanzaIDs.all(by: account, in: message).isEmpty
        let clean = isForged ? try Self.clean(message, of: account) : message
        let operation = append(clean, of: account, with: peer)
        let site = site
        return .begun { pending in
            site.store.perform([operation], of: .account(account)) { result in
                // The store's thread is for the store: the rest is done at home.
                let isThere = site.visit(account) { place in
                    guard case .success = result, !Self.showsOwnID(clean, of: account, at: place)
                    else {
                        return pending.finish(Self.verdict(clean, result, cipher, of: account))
                    }
                    pending.finish(.success(isForged ? .replace(clean) : .continue))
                }
                if !isThere { pending.finish(.failure(.internalServerError)) }
            }
        }
    }

    /// Whether anybody is to see the id that a message has in an account's archive: not where the account
    /// sent it to another, and has no client but the one that did.
    private static func showsOwnID(
        _ message: Stanza,
        of account: JID,
        at place: borrowing Place
    ) -> Bool {
        guard let to = message.to, !to.isSameAccount(as: account) else { return true }
        return place.sessionCount > 1
    }

    private static func verdict(
        _ clean: Stanza,
        _ result: Result<[Outcome], StoreError>,
        _ cipher: ArchiveCipher,
        of account: JID
    ) -> Result<Verdict, StanzaError> {
        do throws(StoreError) {
            return .success(try archived(clean, try result.get(), cipher, of: account))
        } catch {
            return .failure(error.stanzaError)
        }
    }
}

// MARK: The parts

extension MessageArchive {
    private func append(_ message: Stanza, of account: JID, with peer: JID) -> Operation {
        // Without an addressee it was for the account itself.
        let whole = message.to == nil ? message.edited(to: .set(account)) ?? message : message
        let entry = LogEntry(
            time: time,
            columns: [ArchiveQuery.peer: peer.bare.description],
            value: Array(whole.xml.text.utf8)
        )
        return .append(entry, to: Self.log)
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
        _ outcomes: [Outcome],
        _ cipher: ArchiveCipher,
        of account: JID
    ) throws(StoreError) -> Verdict {
        guard let number = outcomes.first?.version else { throw .failed }
        let id = StanzaIDs.element(cipher.id(of: number), by: account)
        guard let identified = message.edited(appending: id) else { throw .failed }
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
