internal import MartletCore
internal import MartletStorage

extension Database {
    func roster(of owner: Owner) throws(StorageError) -> Roster {
        guard let number = try knownOwner(owner) else { return Roster() }
        return try roster(ofOwner: number)
    }

    func roster(ofOwner number: Int64) throws(StorageError) -> Roster {
        guard let head = try rosterHead(number) else { return Roster() }
        let items = try rows(
            """
            SELECT version, contact, state, name, groups, request FROM roster_item
            WHERE owner = ? ORDER BY contact
            """,
            [.integer(number)],
            read: RosterHistory.Step.init
        )
        let present = items.compactMap { step -> RosterItem? in
            guard case .set(let item) = step.change else { return nil }
            return item
        }
        return Roster(items: present, version: head.version)
    }

    func rosterItem(_ contact: JID, of owner: Owner) throws(StorageError) -> RosterItem? {
        guard let number = try knownOwner(owner) else { return nil }
        let step = try row(
            """
            SELECT version, contact, state, name, groups, request FROM roster_item
            WHERE owner = ? AND contact = ?
            """,
            .integer(number),
            .text(contact.description),
            read: RosterHistory.Step.init
        )
        guard case .set(let item) = step?.change else { return nil }
        return item
    }

    func countRosterItems(of owner: Owner) throws(StorageError) -> Int {
        guard let number = try knownOwner(owner) else { return 0 }
        return try rosterHead(number)?.items ?? 0
    }

    func rosterHistory(of owner: Owner, since version: Int64) throws(StorageError)
        -> RosterHistory?
    {
        let number = try knownOwner(owner)
        guard let number, let head = try rosterHead(number) else {
            return version == 0 ? RosterHistory(steps: [], version: 0) : nil
        }
        guard version >= head.forgotten, version <= head.version else { return nil }
        let steps = try rows(
            """
            SELECT version, contact, state, name, groups, request FROM roster_item
            WHERE owner = ? AND version > ? ORDER BY version
            """,
            [.integer(number), .integer(version)],
            read: RosterHistory.Step.init
        )
        return RosterHistory(steps: steps, version: head.version)
    }
}

extension Database {
    func changeRoster(_ changes: [RosterChange], of owner: Owner) throws(StorageError) -> Int64 {
        guard !changes.isEmpty else { return try version(of: owner) }
        let number = try self.owner(owner)
        // A roster of an earlier life may have had any version before the first one of this.
        let first = try sequence.read(from: self).last + 1
        var head = try rosterHead(number) ?? RosterHead(forgotten: first)
        for change in changes { try apply(change, to: number, &head) }
        guard head.version > 0 else { return 0 }
        try forgetOldRemovals(of: number, &head)
        try run(
            """
            INSERT OR REPLACE INTO roster (owner, version, forgotten, items, removals)
            VALUES (?, ?, ?, ?, ?)
            """,
            .integer(number),
            .integer(head.version),
            .integer(head.forgotten),
            .integer(Int64(head.items)),
            .integer(Int64(head.removals))
        )
        return head.version
    }

    private func version(of owner: Owner) throws(StorageError) -> Int64 {
        guard let number = try knownOwner(owner) else { return 0 }
        return try rosterHead(number)?.version ?? 0
    }

    private func apply(_ change: RosterChange, to owner: Int64, _ head: inout RosterHead)
        throws(StorageError)
    {
        switch change {
        case .set(let item):
            let before = try presence(of: item.jid, owner)
            head.version = try sequence.take(from: self)
            head.items += before == .present ? 0 : 1
            head.removals -= before == .removed ? 1 : 0
            try put(item, state: item.state, owner, head.version)
        case .remove(let contact):
            guard try presence(of: contact, owner) == .present else { return }
            head.version = try sequence.take(from: self)
            head.items -= 1
            head.removals += 1
            try put(RosterItem(contact), state: .removed, owner, head.version)
        }
    }

    private func presence(of contact: JID, _ owner: Int64) throws(StorageError) -> Presence {
        let state = try row(
            "SELECT state FROM roster_item WHERE owner = ? AND contact = ?",
            .integer(owner),
            .text(contact.description)
        ) { RosterState(rawValue: $0.integer(0)) }
        return state.map { $0.contains(.removed) ? .removed : .present } ?? .never
    }

    private func put(_ item: RosterItem, state: RosterState, _ owner: Int64, _ version: Int64)
        throws(StorageError)
    {
        try run(
            """
            INSERT OR REPLACE INTO roster_item
            (owner, contact, version, state, name, groups, request) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(owner),
            .text(item.jid.description),
            .integer(version),
            .integer(state.rawValue),
            Value(item.name),
            item.groups.isEmpty ? .null : .bytes(TextList.encode(item.groups)),
            Value(item.pendingRequest)
        )
    }

    private func forgetOldRemovals(of owner: Int64, _ head: inout RosterHead)
        throws(StorageError)
    {
        while head.removals > StoreBounds.removedRosterItems {
            let oldest = try row(
                """
                SELECT version, contact FROM roster_item WHERE owner = ? AND state & 1
                ORDER BY version LIMIT 1
                """,
                .integer(owner)
            ) { ($0.integer(0), $0.text(1)) }
            guard let (version, contact) = oldest else { return }
            try run(
                "DELETE FROM roster_item WHERE owner = ? AND contact = ?",
                .integer(owner),
                .text(contact)
            )
            head.forgotten = version
            head.removals -= 1
        }
    }

    private func rosterHead(_ owner: Int64) throws(StorageError) -> RosterHead? {
        try row(
            "SELECT version, forgotten, items, removals FROM roster WHERE owner = ?",
            .integer(owner)
        ) {
            RosterHead(
                version: $0.integer(0),
                forgotten: $0.integer(1),
                items: $0.int(2),
                removals: $0.int(3)
            )
        }
    }
}

/// The row of a roster as a whole.
private struct RosterHead {
    var version: Int64 = 0
    /// What happened up to this version is no longer known.
    var forgotten: Int64
    var items = 0
    var removals = 0
}

private enum Presence { case never, present, removed }
