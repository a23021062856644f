import CPostgreSQL

/// A connection of libpq, and what may be asked of it without waiting.
///
/// Unchecked, because it belongs to one shard's thread: to an attempt to connect, then to the `Connection`.
final class Session: @unchecked Sendable {
    let handle: OpaquePointer
    private let secrets: [String]

    /// Begins to connect; nil without memory.
    init?(_ settings: [(String, String)]) {
        guard let handle = withArrays(settings, { PQconnectStartParams($0, $1, 0) }) else {
            return nil
        }
        self.handle = handle
        secrets = settings.filter { $0.0.contains("password") }.map(\.1)
        martlet_pq_silence(handle)
        // So that what is said while connecting has its SQLSTATE.
        _ = PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    }

    deinit { PQfinish(handle) }

    var socket: CInt { PQsocket(handle) }
    var isBad: Bool { PQstatus(handle) == CONNECTION_BAD }
    var processID: Int32 { PQbackendPID(handle) }

    /// In one line, without passwords.
    var lastMessage: String {
        let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let found = PQpass(handle).map { String(cString: $0) }
        return Secrets.clean(message, of: secrets + [found ?? ""])
    }

    /// Makes of one that has just connected what a `Connection` uses.
    func enterPipeline() -> Bool {
        _ = PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return PQsetnonblocking(handle, 1) == 0 && PQenterPipelineMode(handle) == 1
    }

    var isInTransaction: Bool {
        switch PQtransactionStatus(handle) {
        case PQTRANS_INTRANS, PQTRANS_INERROR: true
        default: false
        }
    }

    // MARK: Sending

    func prepare(_ text: String, as name: String, _ buffer: borrowing ParameterBuffer) -> Bool {
        buffer.withArguments { count, types, _, _, _ in
            PQsendPrepare(handle, name, text, count, types) == 1
        }
    }

    func execute(prepared name: String, _ buffer: borrowing ParameterBuffer) -> Bool {
        buffer.withArguments { count, _, values, lengths, formats in
            PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1
        }
    }

    func execute(_ text: String, _ buffer: borrowing ParameterBuffer) -> Bool {
        buffer.withArguments { count, types, values, lengths, formats in
            PQsendQueryParams(handle, text, count, types, values, lengths, formats, 1) == 1
        }
    }

    /// Ends what is one transaction unless there is a greater one, and sends all there is.
    func synchronise() -> Bool { PQpipelineSync(handle) == 1 }

    /// Has the server send what it has so far, not only at the end of the round.
    func requestFlush() -> Bool { PQsendFlushRequest(handle) == 1 }

    /// What became of what waits to be sent.
    enum Flushed { case all, some, broken }

    func flush() -> Flushed {
        switch PQflush(handle) {
        case 0: .all
        case 1: .some
        default: .broken
        }
    }

    // MARK: Receiving

    /// Reads what has come; false once the connection is broken.
    func consume() -> Bool { PQconsumeInput(handle) == 1 }

    /// Whether there is more to consume that the socket does not tell of: the rest of a record of TLS.
    var hasUnread: Bool { martlet_pq_has_unread(handle) != 0 }

    /// The next result that is complete; nil if that has still to come.
    func nextResult() -> ResultMemory? {
        // A null stands between the results of one statement and of the next.
        for _ in 0..<2 where PQisBusy(handle) == 0 {
            if let result = PQgetResult(handle) { return ResultMemory(result) }
        }
        return nil
    }
}

/// What is read from a result that is no rows.
extension ResultMemory {
    var status: ExecStatusType { PQresultStatus(result) }

    /// What was done, in the server's word: `INSERT 0 1`.
    var tag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    /// What the server says is wrong.
    var failure: ServerFailure {
        func field(_ code: Character) -> String? {
            guard let code = code.asciiValue, let text = PQresultErrorField(result, CInt(code))
            else { return nil }
            return String(cString: text)
        }
        // Fields as protocol 3 names them (PostgreSQL documentation, §55.8).
        let message = field("M") ?? PQresultErrorMessage(result).map { String(cString: $0) }
        var failure = ServerFailure(
            sqlState: field("C") ?? "",
            message: Secrets.clean(message ?? "no message", of: [])
        )
        failure.detail = field("D")
        failure.hint = field("H")
        failure.constraint = field("n")
        failure.table = field("t")
        // What libpq says itself, of a connection that broke, has neither severity nor SQLSTATE.
        let isFatal = failure.sqlState.isEmpty || failure.endsSession
        failure.isFatal = field("V").map { $0 != "ERROR" } ?? isFatal
        return failure
    }
}
