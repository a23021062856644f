import Foundation
import Logging
import MartletCore
import MartletCrypto
import MartletNet
import MartletSASL
@testable import MartletServer
import MartletStorage
import ServiceLifecycle
import TestSupport
import Testing

/// How long a test waits for anything before it fails: a machine under load, and a sanitizer, take their time.
let patience = Duration.seconds(60)

/// What every account of the tests logs in with.
let password = "wherefore-art-thou"

/// A whole server on loopback: three listeners, two domains, two shards, the cast's accounts.
struct TestServer: Sendable {
    /// Without TLS; PLAIN allowed.
    let plain: SocketAddress
    let startTLS: SocketAddress
    let direct: SocketAddress
    /// Those of the listeners that the test has put behind these three.
    let others: [SocketAddress]
    let server: MartletServer
    let store: any Store
    let log: LogCapture
    /// Where the clients live.
    let shard: Shard
    /// Ends the server as SIGTERM does.
    let shutDown: @Sendable () async -> Void
    /// Ends it by cancelling the task that runs it.
    let cancel: @Sendable () async -> Void

    static let cast = [
        "romeo@montague.example", "mercutio@montague.example", "juliet@capulet.example",
        "nurse@capulet.example", "romeo@capulet.example",
    ]
}

extension ServerSettings {
    fileprivate static func test(certificates folder: String) -> ServerSettings {
        var settings = ServerSettings()
        settings.shards = 2
        settings.domains = [DomainSettings("montague.example"), DomainSettings("capulet.example")]
        settings.tls.folder = folder
        settings.iterations = 4096
        settings.connectionsPerAddress = 1_000
        settings.clients.strangersPerAddress = 1_000
        // Rates and times have tests of their own: between a client's words others' tests may take long.
        settings.clients.tlsTime = patience * 10
        settings.clients.loginTime = patience * 10
        settings.clients.idleTime = patience * 10
        settings.clients.pingTime = patience * 10
        settings.clients.bytesPerSecond = 100_000_000
        settings.clients.burstBytes = 100_000_000
        settings.clients.stanzasPerSecond = 1_000_000
        settings.clients.burstStanzas = 1_000_000
        settings.listeners = [
            C2SListenerTerms(tls: .none, allowsPlainWithoutTLS: true),
            C2SListenerTerms(tls: .startTLS), C2SListenerTerms(tls: .direct),
        ].map { ListenerSettings(.loopback(port: 0), $0) }
        return settings
    }
}

private let servers = Gate(places: 8)

/// Opens the store of a server, which has this log.
typealias StoreMaker = (Logger) async throws -> any Store

/// Runs a server for the length of `body`, and shows that it still serves others at the end.
func withServer(
    _ change: (inout ServerSettings) -> Void = { _ in },
    store: StoreMaker = { _ in MemoryStore() },
    clock: any ShardClock = MonotonicClock(),
    outlives: Bool = true,
    _ body: (TestServer) async throws -> Void
) async throws {
    try await servers.pass { try await runServer(change, store, clock, outlives, body) }
}

private func runServer(
    _ change: (inout ServerSettings) -> Void,
    _ makeStore: StoreMaker,
    _ clock: any ShardClock,
    _ outlives: Bool,
    _ body: (TestServer) async throws -> Void
) async throws {
    let folder = try Certificates.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var settings = ServerSettings.test(certificates: folder)
    change(&settings)
    let log = LogCapture()
    let store = try await makeStore(log.logger)
    try await Accounts.create(in: store)
    let server = try await MartletServer(settings, store: store, log: log.logger, clock: clock)
    let group = ServiceGroup(services: [server], logger: log.logger)
    let shard = Shard(index: 0)
    shard.start()
    let running = Task { try await group.run() }
    do {
        let addresses = try Addresses(await log.first("ready"))
        let test = TestServer(
            plain: addresses[0],
            startTLS: addresses[1],
            direct: addresses[2],
            others: addresses.others,
            server: server,
            store: store,
            log: log,
            shard: shard,
            shutDown: {
                await group.triggerGracefulShutdown()
                _ = await running.result
            },
            cancel: {
                running.cancel()
                _ = await running.result
            }
        )
        try await body(test)
        if outlives { try await test.proveAlive() }
    } catch {
        Issue.record("\(error)\nThe log:\n\(log.text)")
    }
    await group.triggerGracefulShutdown()
    if case .failure(let error) = await running.result, !(error is CancellationError) {
        Issue.record(error)
    }
    await shard.stop()
}

extension TestServer {
    /// Two users nobody attacked exchange a message.
    func proveAlive() async throws {
        let nurse = try await login("nurse@capulet.example", resource: "alive", isAwake: true)
        let mercutio = try await login(
            "mercutio@montague.example",
            resource: "alive",
            isAwake: true
        )
        let to = try await nurse.jid
        await mercutio.send("<message to='\(to)' id='alive'><body>ho</body></message>")
        try await nurse.skip(to: "message[@id='alive']")
        await nurse.hangUp()
        await mercutio.hangUp()
    }
}

/// Where a server listens, as its log tells.
private struct Addresses {
    private let all: [SocketAddress]

    init(_ line: LogCapture.Line) throws {
        let texts = try #require(line.facts["addresses"]).split(separator: " ")
        all = try texts.map { text in
            let port = try #require(text.split(separator: ":").last.flatMap { UInt16($0) })
            return SocketAddress.loopback(port: port)
        }
    }

    var others: [SocketAddress] { Array(all.dropFirst(3)) }

    subscript(index: Int) -> SocketAddress { all[index] }
}

/// The cast's accounts, whose verifiers are derived once.
private enum Accounts {
    private static let verifiers: [String: String] = {
        let all = [HashFunction.sha1, .sha256, .sha512].compactMap { hash in
            ScramCredentials.derive(password: password, hash: hash, iterations: 4096)
        }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.mechanism, $0.text) })
    }()

    static func create(in store: any Store) async throws {
        for name in TestServer.cast {
            try await store.createAccount(Account(try JID(name), verifiers: verifiers))
        }
    }
}

/// Self-signed certificates of both domains, made once.
enum Certificates {
    private static let made = Result {
        try ["montague.example", "capulet.example"].map { domain in
            let now = Int64(Date().timeIntervalSince1970)
            return (domain, try SelfSignedCertificate(asciiDomain: domain, atUnixTime: now))
        }
    }

    /// What a client must trust.
    static func pem() throws -> String {
        try made.get().map(\.1.certificatePEM).joined()
    }

    static func makeFolder() throws -> String {
        let folder = NSTemporaryDirectory() + "/martlet-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        for (domain, certificate) in try made.get() {
            try (certificate.certificatePEM + certificate.keyPEM)
                .write(toFile: "\(folder)/\(domain).pem", atomically: false, encoding: .utf8)
        }
        return folder
    }
}

extension MartletServer {
    /// Connections on any shard, logged in or not.
    var connectionCount: Int { clients.connectionCount }
}
