import MartletPluginKit

extension MessageArchive {
    /// Sends a client the page it asked for, and then says which one that is (XEP-0313 §4.2).
    func answer(query arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try Self.requireOwn(arrival.stanza, arrival.account)
        guard let payload = arrival.stanza.payload, let client = arrival.stanza.from,
            let session = arrival.session
        else { throw .forbidden }
        let query = try ArchiveQuery(payload, pageLimit: settings.pageMessages)
        try enter(account)
        defer { leave(account) }
        let page = try await find(query, in: account)
        let results = query.isFlipped ? page.results.reversed() : page.results
        let stanzas = results.compactMap { $0.stanza(to: client, from: account, query.queryID) }
        // Straight to the client, so that the answer comes behind all of them.
        _ = await site.visit(account) { place in
            for stanza in stanzas { place.send(stanza, to: session) }
        }
        return page.end
    }

    private func enter(_ account: JID) throws(StanzaError) {
        let isAllowed = queries.withLock { queries in
            guard queries[account, default: 0] < settings.queriesPerAccount else { return false }
            queries[account, default: 0] += 1
            return true
        }
        guard isAllowed else {
            throw StanzaError(.resourceConstraint, .wait, "too many queries at a time")
        }
    }

    private func leave(_ account: JID) {
        queries.withLock { queries in
            let left = queries[account, default: 1] - 1
            queries[account] = left > 0 ? left : nil
        }
    }

    private func find(_ query: ArchiveQuery, in account: JID) async throws(StanzaError)
        -> ArchivePage
    {
        let limit = min(query.page.limit ?? settings.pageMessages, settings.pageMessages)
        do {
            let cipher = try await ids.cipher(for: account)
            var numbers: [String: Int64] = [:]
            for id in query.namedIDs {
                guard let number = cipher.number(of: id) else { throw StanzaError.itemNotFound }
                numbers[id] = number
            }
            let wanted = query.logQuery(numbers, limit: limit)
            let named = Set(numbers.values)
            let found =
                if let peer = query.with, !peer.isBare {
                    try await read(wanted, with: peer, named, account)
                } else {
                    try await read(wanted, named, account)
                }
            return ArchivePage(found, of: query, cipher, byteLimit: settings.pageBytes)
        } catch let error as StoreError {
            throw error.stanzaError
        } catch let error as StanzaError {
            throw error
        } catch {
            throw .internalServerError
        }
    }

    /// Both at one moment: what is asked for, and whether the entries that were named are there.
    func read(_ query: LogQuery, _ named: Set<Int64>, _ account: JID) async throws
        -> LogPage
    {
        var operations = [Operation.query(query, in: Self.log)]
        if !named.isEmpty {
            let check = LogQuery(named.map { .id($0) }, limit: 0, wantsTotal: true)
            operations.append(.query(check, in: Self.log))
        }
        let outcomes = try await site.store.perform(operations, of: .account(account))
        guard let found = outcomes.first?.page else { throw StoreError.failed }
        if !named.isEmpty, outcomes.last?.page.total != named.count {
            throw StanzaError.itemNotFound
        }
        return found
    }

    /// The first and the last message of an archive (XEP-0313 §5).
    func answer(metadata arrival: Arrival) async throws(StanzaError) -> XML? {
        let account = try Self.requireOwn(arrival.stanza, arrival.account)
        do {
            let cipher = try await ids.cipher(for: account)
            let outcomes = try await site.store.perform(
                [false, true].map {
                    .query(LogQuery(limit: 1, isBackwards: $0), in: Self.log)
                },
                of: .account(account)
            )
            return XML("metadata", in: Self.namespace) { metadata in
                for (name, outcome) in zip(["start", "end"], outcomes) {
                    guard let entry = outcome.page.entries.first else { continue }
                    let id = cipher.id(of: entry.id)
                    metadata.element(name, ["id": id, "timestamp": entry.time.dateTime])
                }
            }
        } catch {
            throw error.stanzaError
        }
    }
}
