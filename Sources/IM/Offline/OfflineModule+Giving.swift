import MartletCore
import MartletRouter
import MartletStorage
import MartletXML

/// How far an account's log was given out: what stands behind has been sent and not yet taken.
private final class OfflineCursor {
    var givenThrough: Int64?
    /// Whether somebody will look for another resource that takes what came back.
    var isReturning = false
    /// A message was stored when nobody was there who takes it, though somebody was on the way in.
    var isMissed = false
    /// The log was empty, and nothing was stored since.
    var isEmpty = false
}

/// How much a client is given before it must have taken it, so that a full log neither becomes one
/// huge write nor more than the client may leave unacknowledged.
private struct Portion {
    let messages: Int
    let bytes: Int

    init(_ limits: DomainLimits) {
        messages = max(1, min(100, limits.unacknowledgedStanzas / 4))
        bytes = max(1, min(262_144, limits.unacknowledgedBytes / 4))
    }
}

/// Messages that were kept are given to a client.
extension RouterShard {
    private func offlineCursor(at home: Home) -> OfflineCursor {
        if let cursor = home.state[OfflineCursor.self] { return cursor }
        let cursor = OfflineCursor()
        home.state[OfflineCursor.self] = cursor
        return cursor
    }

    /// The log was looked at, and is empty.
    func noteNoOffline(at home: Home) {
        offlineCursor(at: home).isEmpty = true
    }

    /// Whether it is known, without a look into the store, that nothing is kept for the account.
    func hasNoOffline(for account: JID) -> Bool {
        home(of: account)?.state[OfflineCursor.self]?.isEmpty == true
    }

    /// A message is about to be stored, or has just been: what was read before says nothing of it.
    func noteOffline(of account: JID) {
        guard let home = home(of: account) else { return }
        home.state[Arrival.self]?.isOutdated = true
        home.state[OfflineCursor.self]?.isEmpty = false
    }

    /// A resource may have come while the message was being stored: it then takes it at once.
    func giveOutLate(_ account: JID) async {
        guard let home = home(of: account) else { return }
        guard let session = home.sessions.first(where: { $0.takesOffline }) else {
            home.state[OfflineCursor.self]?.isMissed = true
            return
        }
        await giveOutOffline(to: session.id)
    }

    /// Gives out what was stored between the giving and the presence of a resource that just came.
    func giveOutMissed(_ account: JID) {
        guard let cursor = home(of: account)?.state[OfflineCursor.self], cursor.isMissed else {
            return
        }
        cursor.isMissed = false
        let account = account.bare
        track { shard in await shard.giveOutLate(account) }
    }

    /// Gives a session all messages of its account's log, in order.
    ///
    /// Called before the session is available, so that nothing newer overtakes them.
    func giveOutOffline(to id: SessionID) async {
        guard let home = home(of: id.jid) else { return }
        let cursor = offlineCursor(at: home)
        guard !cursor.isEmpty else { return }
        let portion = Portion(home.domain.limits)
        while session(id) != nil {
            let query = LogQuery(after: cursor.givenThrough, limit: portion.messages)
            let owner = Owner(id.jid.bare)
            guard let page = try? await store.query(query, in: offlineMessages, of: owner),
                !page.entries.isEmpty
            else { return }
            await giveOut(page.entries, to: id, cursor, portion)
        }
    }

    /// Returns when more may be given.
    private func giveOut(
        _ entries: [LogEntry],
        to id: SessionID,
        _ cursor: OfflineCursor,
        _ portion: Portion
    ) async {
        var bytes = 0
        for entry in entries {
            guard let session = session(id) else { return }
            guard entry.id > cursor.givenThrough ?? .min else { continue }
            cursor.givenThrough = entry.id
            bytes += entry.value.count
            let isLast = entries.count == portion.messages && entry.id == entries.last?.id
            if isLast || bytes >= portion.bytes {
                await withCheckedContinuation { continuation in
                    giveOut(entry, to: session) { continuation.resume() }
                }
                bytes = 0
            } else {
                giveOut(entry, to: session) {}
            }
        }
    }

    private func giveOut(
        _ entry: LogEntry,
        to session: Session,
        settled: @escaping @Sendable () -> Void
    ) {
        let account = session.jid.bare
        guard let element = try? Element(parsing: entry.value),
            let message = try? Stanza(element)
        else {
            dropOffline(entry.id, of: account)
            return settled()
        }
        send(message, to: session) { shard, isTaken in
            if isTaken {
                shard.dropOffline(entry.id, of: account)
            } else {
                shard.rewindOffline(to: entry.id, of: account)
            }
            settled()
        }
    }

    private func dropOffline(_ id: Int64, of account: JID) {
        // The home stays until then, and remembers what it gave: who binds meanwhile gets no second copy.
        keepHome(of: account) { shard in
            _ = try? await shard.store.removeEntries(
                [id],
                from: offlineMessages,
                of: Owner(account)
            )
        }
    }

    /// The client went before it took the message: another that is there, or the next that comes, is
    /// given it again.
    private func rewindOffline(to id: Int64, of account: JID) {
        guard let cursor = home(of: account)?.state[OfflineCursor.self] else { return }
        if let given = cursor.givenThrough, given >= id { cursor.givenThrough = id - 1 }
        guard !cursor.isReturning else { return }
        cursor.isReturning = true
        // When all that came back is known.
        shard.submit { [self] in assumeIsolated { $0.giveOutAgain(account) } }
    }

    private func giveOutAgain(_ account: JID) {
        home(of: account)?.state[OfflineCursor.self]?.isReturning = false
        track { shard in await shard.giveOutLate(account) }
    }
}
