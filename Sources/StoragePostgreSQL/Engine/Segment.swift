internal import MartletCore
internal import MartletStorage

/// Jobs that are planned together: all that they touch is locked and read in one round, their outcomes
/// are found in memory, one job after the other, and what is different then is written in one round.
struct Segment: Sendable {
    /// Entries of a log that go.
    struct Removal: Sendable {
        enum Kind: Sendable {
            case ids([Int64])
            case trim(LogTrim)
        }
        var log: Int
        var kind: Kind

        /// The ids, if they are few: such removals are looked for together.
        var fewIDs: Set<Int64>? {
            guard case .ids(let ids) = kind, ids.count <= 8 else { return nil }
            return Set(ids)
        }
    }

    let names: NameTable
    private(set) var owners = KeyTable<Owner>()
    private(set) var documents = KeyTable<DocumentKey>()
    private(set) var logs = KeyTable<LogKey>()
    private(set) var contacts = KeyTable<ContactKey>()
    /// Places of owners whose rosters are touched.
    private(set) var rosters: Set<Int> = []
    /// In the order of the jobs, which take them one by one.
    private(set) var removals: [Removal] = []
    /// Places of documents whose values are asked for.
    private(set) var wantedValues: Set<Int> = []
    /// Versions and ids that may be needed.
    private(set) var numberCount = 0
    /// Places of owners and logs that something is put into.
    private(set) var filledOwners: Set<Int> = []
    private(set) var filledLogs: Set<Int> = []
    /// Logs that were appended to or trimmed, and ids that were removed from others.
    private var changedLogs: Set<LogKey> = []
    private var removedIDs: [LogKey: Set<Int64>] = [:]

    init(_ names: NameTable) { self.names = names }

    /// Takes a job in, unless it has to see in the database what the jobs before it did.
    mutating func take(_ work: Job.Work) -> Bool {
        switch work {
        case .operations(let operations, let owner, _):
            guard canTake(operations, of: owner) else { return false }
            let place = owners.place(of: owner)
            for operation in operations { take(operation, of: place) }
        case .roster(let changes, let owner): take(changes, of: owners.place(of: owner))
        case .statement: return false
        }
        return true
    }

    /// What is removed is looked for in the database, where the segment's appends are not yet, and what it
    /// removes still is.
    private func canTake(_ operations: [Operation], of owner: Owner) -> Bool {
        guard let place = owners[owner] else { return true }
        return operations.allSatisfy { operation in
            let log = LogKey(owner: place, collection: names[operation.collection])
            return switch operation {
            case .removeEntries(let ids, _):
                !changedLogs.contains(log) && removedIDs[log]?.isDisjoint(with: ids) ?? true
            case .trim: !changedLogs.contains(log) && removedIDs[log] == nil
            default: true
            }
        }
    }

    private mutating func take(_ operation: Operation, of owner: Int) {
        let collection = names[operation.collection]
        switch operation {
        case .get(let key, _):
            wantedValues.insert(document(key, owner, collection))
        case .put(let key, _, _, _, _):
            _ = document(key, owner, collection)
            filledOwners.insert(owner)
            numberCount += 1
        case .delete(let key, _, _):
            _ = document(key, owner, collection)
        case .append(let entries, _):
            guard !entries.isEmpty else { return }
            filledLogs.insert(log(owner, collection))
            filledOwners.insert(owner)
            numberCount += entries.count { $0.id == nil }
            changedLogs.insert(LogKey(owner: owner, collection: collection))
        case .removeEntries(let ids, _):
            removals.append(Removal(log: log(owner, collection), kind: .ids(ids)))
            removedIDs[LogKey(owner: owner, collection: collection), default: []].formUnion(ids)
        case .trim(let trim, _):
            removals.append(Removal(log: log(owner, collection), kind: .trim(trim)))
            changedLogs.insert(LogKey(owner: owner, collection: collection))
        case .size: _ = log(owner, collection)
        case .list, .countDocuments, .query: break
        }
    }

    private mutating func take(_ changes: [RosterChange], of owner: Int) {
        rosters.insert(owner)
        for change in changes {
            numberCount += 1
            switch change {
            case .set(let item):
                filledOwners.insert(owner)
                _ = contact(item.jid, owner)
            case .remove(let jid): _ = contact(jid, owner)
            }
        }
    }

    private mutating func document(_ key: String, _ owner: Int, _ collection: Int64) -> Int {
        documents.place(of: DocumentKey(owner: owner, collection: collection, key: ByteText(key)))
    }

    private mutating func log(_ owner: Int, _ collection: Int64) -> Int {
        logs.place(of: LogKey(owner: owner, collection: collection))
    }

    private mutating func contact(_ jid: JID, _ owner: Int) -> Int {
        contacts.place(of: ContactKey(owner: owner, contact: ByteText(jid.description)))
    }
}

extension Operation {
    var removesEntries: Bool {
        switch self {
        case .removeEntries, .trim: true
        default: false
        }
    }

    /// Whether its outcome can be found in memory.
    private var isPlannable: Bool {
        switch self {
        case .list, .countDocuments, .query: false
        default: true
        }
    }

    /// Whether all are, with none that looks for entries which one before it appends or removes.
    static func canPlan(_ operations: [Operation]) -> Bool {
        var touched: Set<ByteText> = []
        for operation in operations {
            guard operation.isPlannable else { return false }
            if operation.removesEntries && touched.contains(ByteText(operation.collection)) {
                return false
            }
            switch operation {
            case .append, .removeEntries, .trim: touched.insert(ByteText(operation.collection))
            default: break
            }
        }
        return true
    }
}
