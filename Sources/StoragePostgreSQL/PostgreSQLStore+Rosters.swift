public import MartletCore
internal import MartletPostgreSQL
public import MartletStorage

extension PostgreSQLStore {
    public func roster(of jid: JID) async throws(StorageError) -> Roster {
        try await ask(Self.readRoster, of: jid).roster()
    }

    public func readRoster(
        of jid: JID,
        sizing collection: String,
        then done: @escaping @Sendable (Result<(Roster, LogSize), StorageError>) -> Void
    ) {
        let owner = Owner(jid)
        prompt([ByteText(owner.domain), ByteText(collection)]) { names in
            Query(Self.readRosterAndSize, owner.key(names) + [.integer(names[collection])])
        } then: { result in
            done(
                Result { () throws(StorageError) in
                    let rows = try result.get()
                    return (try rows.roster(), try rows.size(at: 7))
                }
            )
        }
    }

    public func rosterItem(_ contact: JID, of jid: JID) async throws(StorageError) -> RosterItem? {
        let address = Parameter.bytes(contact.description.bytes)
        let rows = try await ask(Self.readItem, [address], of: jid)
        guard case .set(let item)? = try rows.steps().first?.change else { return nil }
        return item
    }

    public func countRosterItems(of jid: JID) async throws(StorageError) -> Int {
        let rows = try await ask(Self.readHead, of: jid)
        return rows.count > 0 ? Int(try rows.number(0, 2)) : 0
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
        let (owner, names) = (Owner(jid), names)
        let rows = try await read { (connection: isolated Connection) async throws(DatabaseError) in
            let met: Set = [ByteText(owner.domain)]
            let key = owner.key(try await names.meet(met, mayMake: false, on: connection))
            return try await connection.snapshot([
                Query(Self.readHead, key), Query(Self.readSteps, key + [.integer(version)]),
            ])
        }
        guard rows.count == 2 else { throw .corrupt("an answer is missing") }
        guard rows[0].count > 0 else {
            return version == 0 ? RosterHistory(steps: [], version: 0) : nil
        }
        let (last, forgotten) = (try rows[0].number(0, 0), try rows[0].number(0, 1))
        guard version >= forgotten, version <= last else { return nil }
        return RosterHistory(steps: try rows[1].steps(), version: last)
    }
}

extension PostgreSQLStore {
    /// Asks a statement whose first parameters are the numbers of an owner.
    private func ask(_ statement: Statement, _ parameters: [Parameter] = [], of jid: JID)
        async throws(StorageError) -> Rows
    {
        let owner = Owner(jid)
        return try await prompt([ByteText(owner.domain)]) { names in
            Query(statement, owner.key(names) + parameters)
        }
    }
}

extension Owner {
    /// The key of its row.
    fileprivate func key(_ names: NameTable) -> [Parameter] {
        [.integer(names[domain]), .bytes(name.bytes)]
    }
}

extension Rows {
    /// Those of ``PostgreSQLStore/readRoster``: no version where there is no roster.
    fileprivate func roster() throws(StorageError) -> Roster {
        guard count > 0, !isNull(0, 6) else { return Roster() }
        var items: [RosterItem] = []
        items.reserveCapacity(count)
        for step in try steps() {
            if case .set(let item) = step.change { items.append(item) }
        }
        return Roster(items: items, version: try number(0, 6))
    }

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
