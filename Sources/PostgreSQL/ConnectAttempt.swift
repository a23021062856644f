import CPostgreSQL
import MartletNet

/// One host being connected to: TCP or a Unix socket, TLS, authentication.
///
/// Unchecked, because all is done on the shard's thread.
final class ConnectAttempt: @unchecked Sendable {
    typealias Completion = @Sendable (Result<Session, DatabaseError>) -> Void

    private let shard: Shard
    private let session: Session
    private var watch: DescriptorWatch?
    private var timer: TimerID?
    private var done: Completion?

    /// Connects with settings that name one host whose address needs no look-up.
    static func connect(
        with settings: [(String, String)],
        on shard: Shard,
        within limit: Duration
    ) async throws(DatabaseError) -> Session {
        let result: Result<Session, DatabaseError> = await withCheckedContinuation { continuation in
            shard.submit {
                guard let session = Session(settings) else {
                    return continuation.resume(returning: .failure(.unavailable("no memory")))
                }
                let attempt = ConnectAttempt(session, on: shard) {
                    continuation.resume(returning: $0)
                }
                attempt.start(within: limit)
            }
        }
        return try result.get()
    }

    private init(_ session: Session, on shard: Shard, done: @escaping Completion) {
        self.session = session
        self.shard = shard
        self.done = done
    }

    private func start(within limit: Duration) {
        watch = DescriptorWatch(on: shard) { [self] _, _ in
            advance()
        } stopped: { [self] in
            finish(.failure(.unavailable("its event loop has stopped")))
        }
        timer = shard.schedule(after: limit) { [self] in
            finish(.failure(.unavailable("no answer within \(limit)")))
        }
        if session.isBad { fail() } else { wait(writing: true) }
    }

    /// libpq may close its socket and open another, even of the same number, so that what was watched
    /// is let go before.
    private func advance() {
        watch?.letGo()
        switch PQconnectPoll(session.handle) {
        case PGRES_POLLING_READING: wait(writing: false)
        case PGRES_POLLING_WRITING: wait(writing: true)
        case PGRES_POLLING_OK: finish(.success(session))
        default: fail()
        }
    }

    private func wait(writing: Bool) {
        guard watch?.watch(session.socket, reading: !writing, writing: writing) == true else {
            return finish(.failure(.unavailable("its descriptor cannot be watched")))
        }
    }

    private func fail() {
        finish(.failure(DatabaseError(connecting: session.lastMessage)))
    }

    private func finish(_ result: Result<Session, DatabaseError>) {
        watch?.cancel()
        watch = nil
        if let timer { shard.cancel(timer) }
        timer = nil
        let done = self.done
        self.done = nil
        done?(result)
    }
}

extension DatabaseError {
    /// Tells from what libpq says whether the server, or libpq, will not have us as we are.
    init(connecting message: String) {
        let (state, reason) = Self.split(message)
        let isRefusal =
            state.map { $0.hasPrefix("28") || $0 == "3D000" || $0 == "42501" } ?? false
            || ["no password supplied", "certificate", "SSL was required"].contains {
                message.contains($0)
            }
        self = isRefusal ? .refused(reason) : .unavailable(reason)
    }

    /// Takes the SQLSTATE out: `FATAL:  28P01: password authentication …`.
    private static func split(_ message: String) -> (state: String?, rest: String) {
        guard let found = message.firstMatch(of: #/:  ([0-9A-Z]{5}): /#) else {
            return (nil, message)
        }
        return (String(found.1), message.replacing(#/:  [0-9A-Z]{5}: /#, with: ": "))
    }
}
