internal import MartletCore
internal import MartletPostgreSQL
internal import MartletStorage

/// The row of a roster as a whole.
struct RosterHead {
    var version: Int64 = 0
    /// What happened up to this version is no longer known; nil for a roster that is new.
    var forgotten: Int64?
    var items = 0
    var removals = 0
    var isChanged = false
}

/// A contact, as a plan leaves it.
struct ContactState {
    enum Presence { case never, present, removed }

    var presence = Presence.never
    /// What the row has to become, and at which version.
    var change: (version: Int64, item: RosterItem, state: RosterState)?
}

extension SegmentReader {
    mutating func rosters(of owners: [OwnerState]) throws(StorageError) -> [Int: RosterHead] {
        guard !segment.rosters.isEmpty else { return [:] }
        let rows = try next()
        var heads: [Int: RosterHead] = [:]
        for row in 0..<rows.count {
            let owner = Int(try rows.number(row, 0))
            guard owners.indices.contains(owner), owners[owner].id != nil else { continue }
            heads[owner] = RosterHead(
                version: try rows.number(row, 1),
                forgotten: try rows.number(row, 2),
                items: Int(try rows.number(row, 3)),
                removals: Int(try rows.number(row, 4))
            )
        }
        return heads
    }

    mutating func contacts(of owners: [OwnerState]) throws(StorageError) -> [ContactState] {
        let keys = segment.contacts.keys
        var contacts = Array(repeating: ContactState(), count: keys.count)
        guard !segment.rosters.isEmpty else { return contacts }
        let rows = try next()
        for row in 0..<rows.count {
            let place = try rows.place(row, of: keys.count)
            guard owners[keys[place].owner].id != nil else { continue }
            let state = RosterState(rawValue: try rows.number(row, 1))
            contacts[place].presence = state.contains(.removed) ? .removed : .present
        }
        return contacts
    }
}

extension Plan {
    /// Nothing of it fails but for damage, so that there is nothing to put back.
    mutating func change(_ changes: [RosterChange], of owner: Int) throws(StorageError) -> Int64 {
        var head = rosters[owner] ?? RosterHead()
        for change in changes {
            switch change {
            case .set(let item): try set(item, of: owner, &head)
            case .remove(let jid): try remove(jid, of: owner, &head)
            }
        }
        rosters[owner] = head
        return head.version
    }

    private mutating func set(_ item: RosterItem, of owner: Int, _ head: inout RosterHead)
        throws(StorageError)
    {
        let place = try place(of: item.jid, owner)
        let before = contacts[place].presence
        head.items += before == .present ? 0 : 1
        head.removals -= before == .removed ? 1 : 0
        contacts[place] = ContactState(
            presence: .present,
            change: (try newVersion(of: &head), item, item.state)
        )
    }

    private mutating func remove(_ jid: JID, of owner: Int, _ head: inout RosterHead)
        throws(StorageError)
    {
        let place = try place(of: jid, owner)
        guard contacts[place].presence == .present else { return }
        head.items -= 1
        head.removals += 1
        contacts[place] = ContactState(
            presence: .removed,
            change: (try newVersion(of: &head), RosterItem(jid), .removed)
        )
    }

    private mutating func newVersion(of head: inout RosterHead) throws(StorageError) -> Int64 {
        head.version = try takeNumber()
        // A roster of an earlier life may have had any version before the first one of this.
        head.forgotten = head.forgotten ?? head.version
        head.isChanged = true
        return head.version
    }

    private func place(of contact: JID, _ owner: Int) throws(StorageError) -> Int {
        let key = ContactKey(owner: owner, contact: ByteText(contact.description))
        guard let place = segment.contacts[key] else { throw .corrupt("a lost contact") }
        return place
    }
}

extension Plan {
    /// What the rosters need to become what the plan left.
    func rosterWrites() -> [Query] {
        let changed = rosters.filter(\.value.isChanged)
        guard !changed.isEmpty else { return [] }
        var queries = [itemsQuery(contacts.indices.filter { contacts[$0].change != nil })]
        queries.append(headsQuery(changed))
        for (owner, head) in changed where head.removals > StoreBounds.removedRosterItems {
            let excess = head.removals - StoreBounds.removedRosterItems
            let number = owners[owner].id ?? 0
            queries.append(Query(Self.forget, [.integer(number), .integer(excess)]))
        }
        return queries
    }

    private func itemsQuery(_ places: [Int]) -> Query {
        let keys = places.map { segment.contacts.keys[$0] }
        let changes = places.compactMap { contacts[$0].change }
        return Query(
            Self.putItems,
            [
                .integers(keys.map { owners[$0.owner].id }),
                .byteStrings(keys.map { Array($0.contact.string.utf8) }),
                .integers(changes.map(\.version)), .integers(changes.map(\.state.rawValue)),
                .byteStrings(changes.map { $0.item.name.map { Array($0.utf8) } }),
                .byteStrings(
                    changes.map { $0.item.groups.isEmpty ? nil : TextList.encode($0.item.groups) }
                ),
                .byteStrings(changes.map(\.item.pendingRequest)),
            ]
        )
    }

    private func headsQuery(_ heads: [Int: RosterHead]) -> Query {
        let heads = heads.map { (owner: owners[$0.key].id, head: $0.value) }
        return Query(
            Self.putHeads,
            [
                .integers(heads.map(\.owner)), .integers(heads.map(\.head.version)),
                .integers(heads.map(\.head.forgotten)),
                .integers(heads.map { Int64($0.head.items) }),
                .integers(heads.map { Int64($0.head.removals) }),
            ]
        )
    }

    private static let putItems: Statement = """
        INSERT INTO roster_item (owner, contact, version, state, name, groups, request)
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[],
            $6::bytea[], $7::bytea[])
        ON CONFLICT (owner, contact) DO UPDATE
        SET version = excluded.version, state = excluded.state, name = excluded.name,
            groups = excluded.groups, request = excluded.request
        """

    private static let putHeads: Statement = """
        INSERT INTO roster (owner, version, forgotten, items, removals)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        ON CONFLICT (owner) DO UPDATE
        SET version = excluded.version, forgotten = excluded.forgotten, items = excluded.items,
            removals = excluded.removals
        """

    private static let forget: Statement = """
        WITH old AS MATERIALIZED (SELECT contact, version FROM roster_item
            WHERE owner = $1 AND state & 1 = 1 ORDER BY version LIMIT $2),
        gone AS (DELETE FROM roster_item AS i USING old
            WHERE i.owner = $1 AND i.contact = old.contact)
        UPDATE roster SET removals = removals - $2, forgotten = (SELECT max(version) FROM old)
        WHERE owner = $1
        """
}
