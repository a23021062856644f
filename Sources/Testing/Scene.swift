public import Logging
public import MartletClient
public import MartletCore
import MartletCrypto
public import MartletNet
public import MartletPluginHost
import MartletSASL
public import MartletServer
public import MartletStorage
import MartletStreams
import Synchronization

/// A whole server in memory: its domains, its accounts, and clients joined to it by pipes.
///
/// Nothing touches the network or a disk, and the clock may be moved by hand.
public final class Scene: Sendable {
    public let server: MartletServer
    public let store: any Store
    /// What the server's timers go by.
    public let clock: any ShardClock
    private let clientShard = Shard(index: 0)
    let places: Places
    let network: SceneNetwork
    let components = Mutex<[JID: ScenePeer]>([:])

    /// The password of every account of a scene.
    public static let password = "the same for all"

    /// Builds a server with the RFCs' houses as domains, unless others are named.
    ///
    /// Its timers go by `clock`; `configure` changes the settings before the server is built.
    ///
    /// Of plugins, those named are at work, with settings where there are any, as JSON; they are
    /// looked for where a build leaves them, or in `pluginFolders`.
    ///
    /// - Throws: what makes the server impossible, a plugin that is not at work among it.
    public init(
        domains: [String] = ["montague.example", "capulet.example"],
        plugins: [String: String] = [:],
        pluginFolders: [String] = PluginFolder.usual,
        store: any Store = MemoryStore(),
        clock: any ShardClock = MonotonicClock(),
        log: Logger = Logger(label: "scene") { _ in SwiftLogNoOpLogHandler() },
        configure: (inout ServerSettings) -> Void = { _ in }
    ) async throws {
        var settings = ServerSettings()
        settings.shards = 2
        settings.iterations = 4_096
        settings.domains = domains.map { DomainSettings($0, mechanisms: [.scramSHA256, .plain]) }
        settings.clients.stanzasPerSecond = 100_000
        settings.clients.burstStanzas = 100_000
        settings.clients.bytesPerSecond = 100_000_000
        settings.clients.burstBytes = 100_000_000
        settings.clients.strangersPerAddress = 10_000
        // A test machine may be slow; tests of time limits set their own.
        settings.clients.loginTime = .seconds(600)
        settings.clients.idleTime = .seconds(86_400)
        if !plugins.isEmpty {
            settings.plugins.folders = pluginFolders
            settings.plugins.isSelective = true
            settings.plugins.choices = plugins.mapValues { .on(settings: $0) }
            settings.plugins.required = plugins.keys.sorted()
        }
        configure(&settings)
        self.store = store
        self.clock = clock
        server = try await MartletServer(
            settings,
            store: store,
            log: log,
            clock: clock
        )
        places = Places(count: server.shards.count)
        network = SceneNetwork(of: server)
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
    ///
    /// Before either enters: from then on their rosters are at their homes.
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

    /// Opens a stream to a domain and does not log in; under TLS, if the server has a folder for its
    /// certificates.
    public func approach(_ domain: JID, underTLS: Bool) async throws -> Client {
        let (near, far) = PipeTransport.pair(clientShard, server.shards[places.next()])
        let terms = C2SListenerTerms(tls: underTLS ? .direct : .none, allowsPlainWithoutTLS: true)
        server.accept(far, terms: terms)
        var login = ClientMachine.Login(domain, credentials: [], requiresTLS: false)
        login.isStranger = true
        var settings = TLSClientSettings()
        settings.verifiesPeer = false
        let tls = underTLS ? try TLSContext(client: settings) : nil
        return try await Client.connect(login, over: near, tls: tls, isDirectTLS: underTLS)
    }

    /// Moves the server's clock, once what was done before is dealt with, and returns when what was due has
    /// happened.
    ///
    /// - Throws: `SceneError` when the scene was not built with a `ManualClock`.
    public func pass(_ time: Duration) async throws {
        guard let clock = clock as? ManualClock else { throw SceneError.clockRunsByItself }
        // From shard to shard, as far as it goes by itself: a connection that was cut ends its session there.
        for _ in 0..<4 {
            for shard in [clientShard] + server.shards { await shard.settle() }
        }
        clock.advance(by: time)
        await server.settle()
    }

    /// Ends the server and every client.
    public func end() async {
        await server.shutDown()
        await clientShard.stop()
    }
}
