internal import MartletCore
internal import MartletPostgreSQL
internal import MartletStorage

/// What a segment's rows are, as the database has them and then as its jobs leave them.
struct Plan {
    let segment: Segment
    var owners: [OwnerState]
    var documents: [DocumentState]
    var logs: [LogState]
    /// By the place of the owner.
    var rosters: [Int: RosterHead]
    var contacts: [ContactState]
    /// What the segment's removals found, in their order, and which of them is next.
    var victims: [[Victim]]
    var nextRemoval = 0
    var numbers: [Int64]
    var nextNumber = 0
    var appended: [NewRow] = []
    var removed: [RemovedRow] = []
    /// What a job has changed, to be put back when it fails.
    private var journal: [Change] = []

    /// Reads what ``Segment/reads`` asked for.
    init(_ segment: Segment, _ rows: ArraySlice<Rows>) throws(StorageError) {
        self.segment = segment
        var reader = SegmentReader(segment: segment, rows: rows)
        owners = try reader.owners()
        documents = try reader.documents(of: owners)
        logs = try reader.logs(of: owners)
        rosters = try reader.rosters(of: owners)
        contacts = try reader.contacts(of: owners)
        victims = try reader.victims()
        numbers = try reader.numbers()
    }

    /// Whether an owner or a log that something is put into has to be made first.
    var lacksPlaces: Bool {
        segment.filledOwners.contains { owners[$0].id == nil }
            || segment.filledLogs.contains { logs[$0].id == nil }
    }
}

extension Plan {
    /// One thing that a job changed, as it was before.
    private enum Change {
        case document(Int, DocumentState)
        case log(Int, LogState)
        case appended(Int)
        case removed(Int)
    }

    /// Finds what comes of a job, and changes the plan; a job that fails leaves it as it was.
    mutating func perform(_ work: Job.Work) -> Job.Result {
        journal = []
        do throws(StorageError) {
            switch work {
            case .operations(let operations, let owner, let moment):
                guard let place = segment.owners[owner] else { throw .corrupt("a lost owner") }
                var outcomes: [Outcome] = []
                outcomes.reserveCapacity(operations.count)
                // Its removals are taken even if it fails before it comes to them.
                var removals = nextRemoval
                nextRemoval += operations.count { $0.removesEntries }
                for operation in operations {
                    outcomes.append(try perform(operation, of: place, at: moment, &removals))
                }
                return .success(.outcomes(outcomes))
            case .roster(let changes, let owner):
                guard let place = segment.owners[owner] else { throw .corrupt("a lost owner") }
                return .success(.version(try change(changes, of: place)))
            case .statement: throw .corrupt("a statement has no plan")
            }
        } catch {
            undo()
            return .failure(error)
        }
    }

    private mutating func undo() {
        while let change = journal.popLast() {
            switch change {
            case .document(let place, let before): documents[place] = before
            case .log(let place, let before): logs[place] = before
            case .appended(let count): appended.removeLast(appended.count - count)
            case .removed(let count): removed.removeLast(removed.count - count)
            }
        }
    }

    mutating func set(_ state: DocumentState, at place: Int) {
        journal.append(.document(place, documents[place]))
        documents[place] = state
    }

    mutating func set(_ state: LogState, at place: Int) {
        journal.append(.log(place, logs[place]))
        logs[place] = state
    }

    mutating func append(_ rows: [NewRow]) {
        journal.append(.appended(appended.count))
        appended += rows
    }

    mutating func remove(_ rows: [RemovedRow]) {
        journal.append(.removed(removed.count))
        removed += rows
    }

    /// The next number, which nothing had before.
    mutating func takeNumber() throws(StorageError) -> Int64 {
        guard nextNumber < numbers.count else { throw .corrupt("its numbers have run out") }
        nextNumber += 1
        return numbers[nextNumber - 1]
    }
}

extension Plan {
    private mutating func perform(
        _ operation: Operation,
        of owner: Int,
        at now: Timestamp,
        _ removals: inout Int
    ) throws(StorageError) -> Outcome {
        let collection = segment.names[operation.collection]
        let key = LogKey(owner: owner, collection: collection)
        switch operation {
        case .get(let key, _):
            return .document(try get(key, owner, collection, now))
        case .put(let key, _, let value, let condition, let expires):
            let place = try place(key, owner, collection)
            return .version(try put(value, at: place, condition, expires, now))
        case .delete(let key, _, let condition):
            let place = try place(key, owner, collection)
            return .count(try delete(at: place, condition, now))
        case .append(let entries, _):
            guard let place = segment.logs[key] else { return .ids([]) }
            return .ids(try append(entries, to: place))
        case .size:
            guard let place = segment.logs[key] else { return .size(LogSize()) }
            return .size(logs[place].size)
        case .removeEntries, .trim:
            removals += 1
            return .count(try removeVictims(removals - 1, from: key))
        case .list, .countDocuments, .query:
            throw .corrupt("a search has no plan")
        }
    }
}
