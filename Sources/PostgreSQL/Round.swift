/// What is done with the outcome of a round, on the connection's shard.
public typealias RoundCompletion = (Result<[Rows], DatabaseError>) -> Void

/// Queries that were sent together, up to one `Sync`.
struct Round {
    let queries: [Query]
    /// How long the server may be silent while it owes this round's answer.
    let limit: Duration
    let done: RoundCompletion
    /// Whether any of it can have been committed, should the answer stay out.
    var mayCommit = false
    /// Whether a `COMMIT` of it was answered.
    var hasCommitted = false
    /// Whether it can be sent again after it failed: it is a transaction by itself.
    var isWhole = false
    var isRepeated = false
    var sentAt = 0 as Int64

    var results: [Rows] = []
    var failure: ServerFailure?
    /// Why a statement of it could not be prepared; `failure` is then only what followed.
    var preparationFailure: ServerFailure?

    init(_ queries: [Query], limit: Duration, done: @escaping RoundCompletion) {
        self.queries = queries
        self.limit = limit
        self.done = done
        results.reserveCapacity(queries.count)
    }

    /// A failure undoes all but what was committed before it.
    var mayHaveCommitted: Bool { mayCommit && (failure == nil || hasCommitted) }

    /// What its end means, when it came.
    var outcome: Result<[Rows], DatabaseError> {
        if let failure = preparationFailure ?? failure { return .failure(.server(failure)) }
        return .success(results)
    }

    /// Follows the transaction through the queries: when one begins, and whether one ends.
    ///
    /// - Parameter isInTransaction: whether there is one when the round begins; then whether there
    ///   is one at its end, if all goes well.
    mutating func foresee(isInTransaction: inout Bool) {
        isWhole = !isInTransaction
        for query in queries {
            switch query.statement.effect {
            case .begins: isInTransaction = true
            case .commits:
                isInTransaction = false
                mayCommit = true
            case .rollsBack: isInTransaction = false
            case .none:
                if !isInTransaction { mayCommit = true }
                continue
            }
            isWhole = false
        }
    }
}

/// A result that the server owes, in the order in which they come.
enum Expectation {
    case preparation(Statement, String)
    case execution(Statement, String?)
    /// The end of a preparation, which failed or not by itself.
    case pause
    case end
}
