internal import MartletStorage

/// A call that waits for a worker.
///
/// Unchecked, because one thread at a time has it: the caller's until it is queued, then the worker's.
class Job: @unchecked Sendable {
    /// Bytes that it keeps in memory, roughly.
    let cost: Int

    init(cost: Int) { self.cost = cost }

    /// Does the work, and says what failed; may be called again after its transaction was undone.
    func run(on database: Database) -> StorageError? { nil }

    /// Tells the caller, when all is on the disk or the transaction as a whole has failed.
    func finish(_ failure: StorageError? = nil) {}
}

/// A call that gives back a value.
final class Call<Output: Sendable>: Job, @unchecked Sendable {
    typealias Body = @Sendable (Database) throws(StorageError) -> Output
    typealias Done = @Sendable (Result<Output, StorageError>) -> Void

    private let body: Body
    private let done: Done
    private var result: Result<Output, StorageError> = .failure(.unavailable("it did not run"))

    init(cost: Int, _ body: @escaping Body, then done: @escaping Done) {
        self.body = body
        self.done = done
        super.init(cost: cost)
    }

    override func run(on database: Database) -> StorageError? {
        do {
            result = .success(try body(database))
            return nil
        } catch {
            result = .failure(error)
            return error
        }
    }

    override func finish(_ failure: StorageError?) {
        done(failure.map { .failure($0) } ?? result)
    }
}
