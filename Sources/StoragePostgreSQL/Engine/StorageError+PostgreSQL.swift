internal import MartletPostgreSQL
internal import MartletStorage

extension StorageError {
    /// What a caller is told of a failure of the database, without a value of a row.
    init(_ error: DatabaseError) {
        switch error {
        case .server(let failure): self.init(failure)
        case .lost(let reason, _): self = .unavailable(reason)
        case .unavailable(let reason), .busy(let reason), .refused(let reason):
            self = .unavailable(reason)
        }
    }

    /// Reads the condition (PostgreSQL, "Error Codes", appendix A), first by its code, then by its class.
    private init(_ failure: ServerFailure) {
        let state = failure.sqlState
        let text = "\(failure.message) (\(state))"
        switch state {
        case "53100", "53200", "54000", "53400": self = state == "54000" ? .invalid(text) : .full
        case "25006": self = .unavailable("the database is read-only")
        case "XX001", "XX002": self = .corrupt(text)
        case "42P01", "42703", "42883", "3F000": self = .incompatible(text)
        default:
            switch state.prefix(2) {
            case "22": self = .invalid(text)
            default: self = .unavailable(text)
            }
        }
    }
}

extension DatabaseError {
    /// Whether the same may succeed at once: two transactions were in each other's way.
    var isPassing: Bool {
        guard case .server(let failure) = self else { return false }
        return failure.mayPassNextTime
    }

    /// Whether it is the statement's fault, the room's, or that of a lock, so that a smaller group may succeed.
    var isOfOneJob: Bool {
        guard case .server(let failure) = self else { return false }
        if isOfLock { return true }
        return ["22", "23", "53", "54", "XX"].contains(failure.sqlState.prefix(2))
            && failure.sqlState != "53300"
    }

    /// Whether a lock was held by somebody else for longer than we wait.
    var isOfLock: Bool {
        if case .server(let failure) = self { failure.sqlState == "55P03" } else { false }
    }
}
