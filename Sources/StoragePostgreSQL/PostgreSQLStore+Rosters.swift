public import MartletCore
internal import MartletPostgreSQL
public import MartletStorage

extension PostgreSQLStore {
    public func roster(of jid: JID) async throws(StorageError) -> Roster {
        try Self.roster(try await ask([(Self.readRoster, [])], of: jid), 0)
    }

    public func readRoster(
        of jid: JID,
        sizing collection: String,
        then done: @escaping @Sendable (Result<(Roster, LogSize), StorageError>) -> Void
    ) {
        // Who asked is told by it, and waits for that.
        Task {
            do throws(StorageError) {
                let rows = try await ask([(Self.readRoster, [])], of: jid, sizing: collection)
                done(.success((try Self.roster(rows, 0), try rows[1].size())))
            } catch {
                done(.failure(error))
            }
        }
    }

    public func rosterItem(_ contact: JID, of jid: JID) async throws(StorageError) -> RosterItem? {
        let address = Parameter.bytes(contact.description.bytes)
        let rows = try await ask([(Self.readItem, [address])], of: jid)
        guard case .set(let item)? = try rows[0].steps().first?.change else { return nil }
        return item
    }

    public func countRosterItems(of jid: JID) async throws(StorageError) -> Int {
        let rows = try await ask([(Self.readHead, [])], of: jid)
        return rows[0].count > 0 ? Int(try rows[0].number(0, 2)) : 0
    }

    @discardableResult
    public func changeRoster(_ changes: [RosterChange], of jid: JID)
        async throws(StorageError) -> Int64
    {
        let cost = changes.reduce(0) { $0 + $1.bytes }
        return try await write(.roster(changes, of: Owner(jid)), cost).version
    }

    public func rosterChanges(of jid: JID, since version: Int64)
        async throws(StorageError) -> RosterHistory?
    {
        let rows = try await ask(
            [(Self.readHead, []), (Self.readSteps, [.integer(version)])],
            of: jid
        )
        guard rows[0].count > 0 else {
            return version == 0 ? RosterHistory(steps: [], version: 0) : nil
        }
        let (last, forgotten) = (try rows[0].number(0, 0), try rows[0].number(0, 1))
        guard version >= forgotten, version <= last else { return nil }
        return RosterHistory(steps: try rows[1].steps(), version: last)
    }
}

extension PostgreSQLStore {
    /// Asks statements whose first parameters are the numbers of an owner; each has an answer.
    private func ask(
        _ statements: [(statement: Statement, parameters: [Parameter])],
        of jid: JID,
        sizing collection: String? = nil
    ) async throws(StorageError) -> [Rows] {
        let owner = Owner(jid)
        let names = names
        let rows = try await read { (connection: isolated Connection) async throws(DatabaseError) in
            var met: Set<ByteText> = [ByteText(owner.domain)]
            if let collection { met.insert(ByteText(collection)) }
            let numbers = try await names.meet(met, mayMake: false, on: connection)
            let place: [Parameter] = [.integer(numbers[owner.domain]), .bytes(owner.name.bytes)]
            var queries = statements.map { Query($0.statement, place + $0.parameters) }
            if let collection {
                queries.append(Query(Reading.size, place + [.integer(numbers[collection])]))
            }
            return try await connection.snapshot(queries)
        }
        guard rows.count == statements.count + (collection == nil ? 0 : 1) else {
            throw .corrupt("an answer is missing")
        }
        return rows
    }

    private static func roster(_ rows: [Rows], _ index: Int) throws(StorageError) -> Roster {
        let rows = rows[index]
        guard rows.count > 0 else { return Roster() }
        var items: [RosterItem] = []
        items.reserveCapacity(rows.count)
        for step in try rows.steps() {
            if case .set(let item) = step.change { items.append(item) }
        }
        return Roster(items: items, version: try rows.number(0, 6))
    }
}

extension Rows {
    /// Version, contact, state, name, groups and request; a row without a contact is passed over.
    fileprivate func steps() throws(StorageError) -> [RosterHistory.Step] {
        var steps: [RosterHistory.Step] = []
        for row in 0..<count where !isNull(row, 1) {
            steps.append(
                RosterHistory.Step(
                    version: try number(row, 0),
                    contact: try JID(stored: try string(row, 1)),
                    state: RosterState(rawValue: try number(row, 2)),
                    name: bytes(row, 3).map { String(decoding: $0, as: UTF8.self) },
                    groups: try TextList.decode(bytes(row, 4) ?? []),
                    request: bytes(row, 5)
                )
            )
        }
        return steps
    }
}

extension RosterChange {
    /// What it keeps in memory beside the address.
    fileprivate var bytes: Int {
        guard case .set(let item) = self else { return 0 }
        let groups = item.groups.reduce(0) { $0 + $1.utf8.count }
        return groups + (item.name?.utf8.count ?? 0) + (item.pendingRequest?.count ?? 0)
    }
}
