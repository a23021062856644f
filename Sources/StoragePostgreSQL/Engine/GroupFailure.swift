internal import MartletPostgreSQL
internal import MartletStorage

/// Why a group as a whole came to nothing.
enum GroupFailure: Error {
    /// The database did not do it.
    case database(DatabaseError)
    /// There was no connection in the time that a call waits; nothing was done, or nobody knows.
    case away(DatabaseError)
    /// There was no room for one small job, nor will there be for the others of its group.
    case full(DatabaseError)
    /// What it read, or would write, cannot be what it should: a row of one of its jobs is damaged.
    case damaged(StorageError)
}

extension GroupFailure {
    /// Takes what was thrown on the way to the commit.
    init(_ error: any Error) {
        switch error {
        case let failure as GroupFailure: self = failure
        case let failure as DatabaseError: self = .database(failure)
        case let failure as StorageError: self = .damaged(failure)
        default: self = .database(.lost("\(error)", mayHaveCommitted: false))
        }
    }

    /// What the caller of each of its jobs is told.
    var told: StorageError {
        switch self {
        case .database(let error), .away(let error), .full(let error): StorageError(error)
        case .damaged(let error): error
        }
    }

    /// Whether there was no connection, so that what waits would wait in vain.
    var isAbsence: Bool {
        if case .away = self { true } else { false }
    }

    /// Whether the rest of a group would fail alike.
    var endsGroup: Bool {
        switch self {
        case .away, .full: true
        case .database, .damaged: false
        }
    }

    /// The same, of one small job, if it is about room.
    var ofSmallJob: GroupFailure {
        guard case .database(.server(let failure)) = self, failure.sqlState == "53100" else {
            return self
        }
        return .full(.server(failure))
    }

    /// The same, of a database that is not there any more.
    var asAbsence: GroupFailure {
        if case .database(let error) = self { .away(error) } else { self }
    }

    /// Whether the connection ended on the way.
    var isLoss: Bool {
        if case .database(.lost) = self { true } else { false }
    }

    /// Whether the same may succeed at once.
    var isPassing: Bool {
        if case .database(let error) = self { error.isPassing } else { false }
    }

    var isOfLock: Bool {
        if case .database(let error) = self { error.isOfLock } else { false }
    }

    /// Whether a smaller group may succeed.
    var isOfOneJob: Bool {
        switch self {
        case .database(let error): error.isOfOneJob
        case .damaged: true
        case .away, .full: false
        }
    }
}
