internal import MartletPostgreSQL
internal import MartletStorage

extension Segment {
    /// The round that locks and reads; ``Plan/init(_:_:)`` takes its rows in the same order.
    ///
    /// Owners are locked first, in the order of their names, so that no two nodes wait for each other; all
    /// writers lock the owner, so that nothing of it changes until the commit. Numbers are drawn last: with the
    /// locks held they are above all that others gave to the same owners.
    var reads: [Query] {
        var queries = [lockOwners]
        if !documents.keys.isEmpty { queries.append(readDocuments) }
        if !logs.keys.isEmpty { queries.append(readLogs) }
        if !rosters.isEmpty { queries += [readRosters, readContacts] }
        if removals.contains(where: { $0.fewIDs != nil }) { queries.append(readFewEntries) }
        queries += removals.filter { $0.fewIDs == nil }.map(readRemoval)
        if numberCount > 0 { queries.append(Query(Self.numbers, [.integer(numberCount)])) }
        return queries
    }

    /// Makes the owners of the group, and the segment's logs, that something is put into, where they are missing.
    ///
    /// Owners that another node made are locked before anything else happens to one of them.
    func makings(_ owners: GroupOwners) -> [Query] {
        let logs = lockOrderedLogs
        return [
            owners.making(names), owners.lock(names),
            Query(
                Self.makeLogs,
                [
                    domains(logs.map { self.logs.keys[$0].owner }),
                    names(logs.map { self.logs.keys[$0].owner }),
                    .integers(logs.map { self.logs.keys[$0].collection }),
                ]
            ),
        ]
    }

    /// Places of owners in the order of their names.
    var lockOrder: [Int] {
        guard owners.keys.count > 1 else { return Array(owners.keys.indices) }
        return owners.keys.indices.sorted { left, right in
            GroupOwners.comesBefore(owners.keys[left], owners.keys[right])
        }
    }

    private var lockOrderedLogs: [Int] {
        filledLogs.sorted { left, right in
            let (one, other) = (logs.keys[left], logs.keys[right])
            return (one.owner, one.collection) < (other.owner, other.collection)
        }
    }

    private func domains(_ owners: [Int]) -> Parameter {
        .integers(owners.map { names[self.owners.keys[$0].domain] })
    }

    private func names(_ owners: [Int]) -> Parameter {
        .byteStrings(owners.map { Array(self.owners.keys[$0].name.utf8) })
    }
}

extension Segment {
    private var lockOwners: Query {
        let order = lockOrder
        let places = Parameter.integers(order.map { Int64($0 + 1) })
        return Query(Self.lockOwnersSQL, [domains(order), names(order), places])
    }

    private var readDocuments: Query {
        let owners = documents.keys.map(\.owner)
        return Query(
            Self.readDocumentsSQL,
            [
                domains(owners), names(owners), .integers(documents.keys.map(\.collection)),
                .byteStrings(documents.keys.map { Array($0.key.string.utf8) }),
                .booleans(documents.keys.indices.map { wantedValues.contains($0) }),
            ]
        )
    }

    private var readLogs: Query {
        let owners = logs.keys.map(\.owner)
        return Query(
            Self.readLogsSQL,
            [domains(owners), names(owners), .integers(logs.keys.map(\.collection))]
        )
    }

    private var readRosters: Query {
        let owners = rosters.sorted()
        return Query(
            Self.readRostersSQL,
            [domains(owners), names(owners), .integers(owners.map { Int64($0) })]
        )
    }

    private var readContacts: Query {
        let owners = contacts.keys.map(\.owner)
        return Query(
            Self.readContactsSQL,
            [
                domains(owners), names(owners),
                .byteStrings(contacts.keys.map { Array($0.contact.string.utf8) }),
            ]
        )
    }

    private var readFewEntries: Query {
        var found: [(removal: Int, id: Int64)] = []
        for (place, removal) in removals.enumerated() {
            for id in removal.fewIDs ?? [] { found.append((place, id)) }
        }
        let keys = found.map { logs.keys[removals[$0.removal].log] }
        return Query(
            Self.readFewEntriesSQL,
            [
                .integers(found.map { Int64($0.removal + 1) }), domains(keys.map(\.owner)),
                names(keys.map(\.owner)), .integers(keys.map(\.collection)),
                .integers(found.map(\.id)),
            ]
        )
    }

    private func readRemoval(_ removal: Removal) -> Query {
        let key = logs.keys[removal.log]
        let owner = owners.keys[key.owner]
        let log: [Parameter] = [
            .integer(names[owner.domain]), .bytes(Array(owner.name.utf8)), .integer(key.collection),
        ]
        let most = Parameter.integer(StoreBounds.trimCount)
        switch removal.kind {
        case .ids(let ids): return Query(Self.readEntriesSQL, log + [.integers(ids)])
        case .trim(.through(let id)):
            return Query(Self.readThroughSQL, log + [.integer(id), most])
        case .trim(.toNewest(let kept)):
            return Query(Self.readOldestSQL, log + [.integer(kept), most])
        case .trim(.before(let time)):
            return Query(Self.readBeforeSQL, log + [.time(time.inRange), most])
        }
    }
}

extension Timestamp {
    /// The times that a `timestamptz` can have, 4713 BC to the year 294276, to the day.
    static let storable = Int64(-210_866_716_800_000_000)...Int64(9_222_424_556_000_000_000)

    /// The microseconds, or the end of the range that they lie beyond.
    var inRange: Int64 {
        min(max(microseconds, Self.storable.lowerBound), Self.storable.upperBound)
    }
}
