import MartletNet
import MartletXML

/// Clients that share the generator's shard, and the one thing that is being waited for.
///
/// Unchecked: all but `perform` and `stop` is for the shard's thread.
final class Crew: @unchecked Sendable {
    let shard = Shard(index: 0)
    let pool = ParserPool()
    /// How clients log in, each in its turn; more than one where they are of several servers.
    private let allTerms: [LoginTerms]
    private(set) var clients: [Client] = []
    private var waiting: CheckedContinuation<String?, Never>?
    /// Those that may still be logging in or leaving, and others.
    private var made: [Client] = []
    private var timer: TimerID?
    private var failure: String?
    /// Tells who keeps from being done what is waited for, beside those on their way.
    var awaited: () -> [String] = { [] }
    let concurrency: Int
    /// Who the next client logs in as; the same client may come again under the same name.
    private let name: (Int) -> String
    private let domain: (Int) -> String?
    private var begun = 0
    private var wanted = 0

    /// Those of the first server, or of the only one.
    var terms: LoginTerms { allTerms[0] }

    init(
        _ terms: LoginTerms...,
        concurrency: Int,
        name: @escaping (Int) -> String = Population.name,
        domain: @escaping (Int) -> String? = { _ in nil }
    ) {
        allTerms = terms
        self.concurrency = concurrency
        self.name = name
        self.domain = domain
        shard.start()
    }

    /// Starts work on the shard and returns when it calls `finish`.
    ///
    /// - Throws: what a client met, or that so many seconds have passed, or all that its part has:
    ///   something is lost.
    func perform(within limit: Int = 600, _ work: @escaping @Sendable () -> Void) async throws {
        let seconds = Part.timeLeft(of: limit)
        let failure = await withCheckedContinuation { continuation in
            shard.submit {
                self.waiting = continuation
                self.timer = self.shard.schedule(after: .seconds(seconds)) {
                    self.fail(self.complaint(after: seconds))
                }
                if self.failure == nil { work() }
                self.tell()
            }
        }
        if let failure { throw LoadError(failure) }
    }

    /// Who is not where a client should be.
    private func complaint(after seconds: Int) -> String {
        let late = made.filter(\.isOnItsWay).map { "\($0.username) (\($0.stage))" }
        return """
            what was waited for did not come within \(seconds) seconds; \(clients.count) are there; on their \
            way: \(Self.list(late)); awaited: \(Self.list(awaited()))
            """
    }

    /// The first of them, and how many there are besides.
    private static func list(_ names: [String]) -> String {
        guard names.count > 5 else {
            return names.isEmpty ? "nobody" : names.joined(separator: ", ")
        }
        return names.prefix(5).joined(separator: ", ") + " and \(names.count - 5) more"
    }

    func finish() {
        isFinished = true
        tell()
    }

    func fail(_ reason: String) {
        if failure == nil { failure = reason }
        tell()
    }

    private var isFinished = false

    private func tell() {
        guard failure != nil || isFinished, let waiting else { return }
        self.waiting = nil
        if let timer { shard.cancel(timer) }
        isFinished = false
        awaited = { [] }
        waiting.resume(returning: failure)
    }

    /// Reads something on the shard; a failure since the last call is thrown.
    func read<T: Sendable>(_ value: @escaping @Sendable () -> T) async throws -> T {
        let (value, failure) = await withCheckedContinuation { continuation in
            shard.submit { continuation.resume(returning: (value(), self.failure)) }
        }
        if let failure { throw LoadError(failure) }
        return value
    }

    /// Logs in so many more clients, a few at a time.
    func gather(_ count: Int) async throws {
        try await perform {
            self.wanted += count
            for _ in 0..<min(self.concurrency, count) { self.connectNext() }
        }
    }

    private func connectNext() {
        guard begun < wanted else { return }
        let client = makeClient(
            name(begun),
            in: domain(begun),
            by: allTerms[begun % allTerms.count]
        )
        begun += 1
        client.onBound = { [self] client in
            clients.append(client)
            if clients.count == wanted { finish() } else { connectNext() }
        }
        client.connect(on: shard)
    }

    /// One that logs in to the target's domain when it is given no other.
    func makeClient(
        _ username: String,
        in domain: String? = nil,
        by terms: LoginTerms? = nil
    ) -> Client {
        let client = Client(username, terms ?? self.terms, pool, domain: domain)
        client.onFailed = { [self] in fail($0) }
        if made.count > 1_000 { made.removeAll { !$0.isOnItsWay } }
        made.append(client)
        return client
    }

    func stop() async {
        await shard.stop()
    }
}
