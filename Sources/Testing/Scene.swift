import Logging
public import MartletClient
public import MartletCore
public import MartletNet
import MartletSASL
public import MartletServer
public import MartletStorage
import MartletStreams

/// A whole server in memory: its domains, its accounts, and clients joined to it by pipes.
///
/// Nothing touches the network or a disk, and the clock may be moved by hand.
public final class Scene: Sendable {
    public let server: MartletServer
    public let store: any Store
    /// What the server's timers go by.
    public let clock: any ShardClock
    private let clientShard = Shard(index: 0)
    private let places: Places

    /// The password of every account of a scene.
    public static let password = "the same for all"

    /// Builds a server with the RFCs' houses as domains, unless others are named.
    ///
    /// Its timers go by `clock`; `configure` changes the settings before the server is built.
    public init(
        domains: [String] = ["montague.example", "capulet.example"],
        store: any Store = MemoryStore(),
        clock: any ShardClock = MonotonicClock(),
        configure: (inout ServerSettings) -> Void = { _ in }
    ) async throws {
        var settings = ServerSettings()
        settings.shards = 2
        settings.iterations = 4_096
        settings.domains = domains.map { DomainSettings($0, mechanisms: [.scramSHA256, .plain]) }
        settings.clients.stanzasPerSecond = 100_000
        settings.clients.burstStanzas = 100_000
        settings.clients.strangersPerAddress = 10_000
        // A test machine may be slow; tests of time limits set their own.
        settings.clients.loginTime = .seconds(600)
        settings.clients.idleTime = .seconds(86_400)
        configure(&settings)
        self.store = store
        self.clock = clock
        server = try await MartletServer(
            settings,
            store: store,
            log: Logger(label: "scene") { _ in SwiftLogNoOpLogHandler() },
            clock: clock
        )
        places = Places(count: server.shards.count)
        clientShard.start()
    }

    /// Makes an account; one that is there already stays.
    public func enroll(_ account: JID) async throws {
        guard try await store.account(account.bare) == nil else { return }
        let derived = ScramCredentials.derive(
            password: Self.password,
            hash: .sha256,
            iterations: 4_096
        )
        let verifiers = derived.map { [$0.mechanism: $0.text] } ?? [:]
        try await store.createAccount(Account(account.bare, verifiers: verifiers))
    }

    /// Makes both see each other's presence (RFC 6121 §3), as if they had agreed long ago.
    public func befriend(_ one: JID, _ other: JID) async throws {
        for (user, contact) in [(one, other), (other, one)] {
            try await enroll(user)
            let item = RosterItem(contact.bare, subscription: .both)
            try await store.setRosterItem(item, of: user.bare)
        }
    }

    /// Logs in over a pipe and binds the resource of `address`, if it has one.
    ///
    /// A session whose connection broke is resumed when it is given as `earlier`.
    public func enter(
        _ address: JID,
        managed: Bool = false,
        resuming earlier: ClientManagement? = nil
    ) async throws -> Client {
        try await enroll(address)
        let shard = server.shards[places.next()]
        let (near, far) = PipeTransport.pair(clientShard, shard)
        server.accept(far, terms: C2SListenerTerms(tls: .none, allowsPlainWithoutTLS: true))
        let name = address.localpart ?? ""
        let login = ClientMachine.Login(
            address.bare,
            credentials: [.password(username: name, password: Self.password)],
            resource: address.resourcepart,
            requiresTLS: false,
            wantsStreamManagement: managed
        )
        return try await Client.connect(login, over: near, resuming: earlier)
    }

    /// Moves the server's clock, and returns when what was due has happened.
    ///
    /// - Throws: `SceneError` when the scene was not built with a `ManualClock`.
    public func pass(_ time: Duration) async throws {
        guard let clock = clock as? ManualClock else { throw SceneError.clockRunsByItself }
        clock.advance(by: time)
        await server.settle()
    }

    /// Ends the server and every client.
    public func end() async {
        await server.shutDown()
        await clientShard.stop()
    }
}
