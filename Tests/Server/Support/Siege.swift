import Foundation
import MartletCore
import MartletCrypto
import MartletNet
import MartletStorage
import Synchronization
import TestSupport
import Testing

@testable import MartletServer

/// A whole server under attack through its port for servers, by a clock that the test moves.
///
/// Beside the attackers it has a user, `romeo@montague.example`, and a peer that keeps to the rules,
/// `friend.example`: whatever is done to the server, the two hear each other before and after.
final class Siege: Sendable {
    static let romeo = "romeo@montague.example"
    static let friend = "friend.example"

    let server: MartletServer
    let settings: ServerSettings
    let clock: ManualClock
    let trap: Trap
    /// Where users and peers are.
    let shard: Shard
    let authority: TestAuthority
    let book: LogBook
    private let peers = Mutex<[RawPeer]>([])
    private let witnesses = Mutex<(romeo: Visitor, friend: RawPeer)?>(nil)
    private let exchanges = Mutex(0)
    private let isOver = Mutex(false)

    /// Makes one for the length of the body, and sees that the witnesses are unharmed at its end, unless the
    /// server is stopped by then.
    static func with(
        store: any Store = MemoryStore(),
        isStopped: Bool = false,
        _ change: @Sendable (inout S2SSettings) -> Void = { _ in },
        _ body: (Siege) async throws -> Void
    ) async throws {
        try await inFolder { folder in
            let siege = try await Siege(in: folder, store, change)
            do {
                try await siege.callWitnesses()
                try await body(siege)
                if !isStopped { await siege.seeUnharmed() }
            } catch {
                await siege.end()
                throw error
            }
            await siege.end()
        }
    }

    private init(
        in folder: String,
        _ store: any Store,
        _ change: @Sendable (inout S2SSettings) -> Void
    ) async throws {
        authority = try await TestAuthority("The Prince")
        let pem = "\(folder)/prince.pem"
        try authority.certificate.write(toFile: pem, atomically: true, encoding: .utf8)
        var settings = ServerSettings()
        settings.shards = 2
        settings.domains = [DomainSettings("montague.example"), DomainSettings("verona.example")]
        settings.tls.folder = "\(folder)/own"
        settings.iterations = 4096
        settings.clients.burstStanzas = 1_000_000
        settings.clients.burstBytes = 100_000_000
        settings.s2s.isEnabled = true
        settings.s2s.authorities = pem
        change(&settings.s2s)
        try FileManager.default.createDirectory(
            atPath: "\(folder)/own",
            withIntermediateDirectories: true
        )
        self.settings = settings
        clock = ManualClock()
        book = LogBook()
        shard = Shard(index: 0)
        trap = Trap(on: shard)
        server = try await MartletServer(
            settings,
            store: store,
            log: book.logger,
            clock: clock,
            reread: nil,
            dialler: trap
        )
        shard.start()
    }

    private func end() async {
        for peer in peers.withLock({ $0 }) { peer.drop() }
        trap.cutAll()
        if !isOver.withLock({ $0 }) { await stop() }
        await shard.stop()
    }

    /// Has the server stop.
    ///
    /// Time goes on meanwhile, once `first` has returned, so that whoever does not leave is made to.
    func stop(_ first: @escaping @Sendable () async -> Void = {}) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                await server.shutDown(within: .seconds(60))
                isOver.withLock { $0 = true }
            }
            group.addTask { [self] in
                await first()
                while !isOver.withLock({ $0 }) {
                    clock.advance(by: .milliseconds(100))
                    // Time must not outrun who works on the stop meanwhile.
                    await bringRound()
                }
            }
        }
    }

    /// Returns when what was said has come to where it goes, and all that it began is done.
    func settle() async {
        await bringRound()
        await server.settle()
    }

    /// Moves the clock, once what was said before is dealt with.
    func pass(_ time: Duration) async {
        await bringRound()
        clock.advance(by: time)
    }

    /// Lets each shard work through what others gave it, as often as something is handed on.
    private func bringRound() async {
        for _ in 0..<4 {
            for shard in [shard] + server.shards { await shard.settle() }
        }
    }

    // MARK: Peers

    /// Connects to the server, and says nothing.
    func come(
        from address: String = "192.0.2.1",
        terms: S2SListenerTerms = S2SListenerTerms()
    ) -> RawPeer {
        let peer = RawPeer.come(to: server, from: address, on: shard, terms: terms)
        peers.withLock { $0.append(peer) }
        return peer
    }

    /// A certificate by an authority that the server believes.
    func papers(of domain: String) async throws -> TLSIdentity {
        try await authority.issue(subject: domain, names: "DNS:\(domain)")
    }

    /// Opens a stream in a domain's name, under TLS; nothing is proved.
    func stranger(
        as domain: String,
        from address: String = "192.0.2.1",
        papers: TLSIdentity? = nil
    ) async throws -> RawPeer {
        let peer = come(from: address)
        peer.send(Speak.header(from: domain))
        try #require(await peer.heard("</stream:features>"), "\(peer.text)")
        peer.send(Speak.startTLS)
        try #require(await peer.heard("<proceed"), "\(peer.text)")
        try #require(await secure(peer, papers))
        peer.send(Speak.header(from: domain))
        try #require(await peer.heard("</stream:features>"), "\(peer.text)")
        return peer
    }

    /// Shakes hands as the side that connected.
    func secure(_ peer: RawPeer, _ papers: TLSIdentity? = nil) async throws -> Bool {
        var settings = TLSClientSettings()
        settings.verifiesPeer = false
        let role = TLSRole.client(
            serverName: "montague.example",
            identity: papers,
            checksName: false
        )
        return await peer.secure(try TLSContext(client: settings), role)
    }

    /// A peer with good papers, which may send in its domain's name.
    func guest(
        as domain: String,
        from address: String = "192.0.2.1",
        papers: TLSIdentity? = nil,
        isBidirectional: Bool = false
    ) async throws -> RawPeer {
        let own = if let papers { papers } else { try await self.papers(of: domain) }
        let peer = try await stranger(as: domain, from: address, papers: own)
        if isBidirectional { peer.send(Speak.bidi) }
        peer.forget()
        peer.send(Speak.external(domain))
        try #require(await peer.heard("<success"), "\(peer.text)")
        peer.send(Speak.header(from: domain))
        try #require(await peer.heard("</stream:features>"), "\(peer.text)")
        peer.forget()
        return peer
    }

    /// Takes the server's next connection to a domain as that domain's server, up to the features
    /// under TLS.
    func answer(as domain: String, features: String = Speak.dialbackFeature) async throws -> RawPeer
    {
        let peer = try await trap.caller(of: domain)
        try #require(await peer.heard("<stream:stream"))
        let offer = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
        peer.send(header(of: domain, "one") + Speak.features(offer))
        try #require(await peer.heard("<starttls"), "\(peer.text)")
        let own = TLSServerSettings(
            identities: TLSIdentities(fallback: try await papers(of: domain))
        )
        let context = try TLSContext(server: own)
        try #require(await peer.secure(context, .server(), saying: Speak.proceed))
        try #require(await peer.heard("<stream:stream"))
        peer.send(header(of: domain, "two") + Speak.features(features))
        return peer
    }

    func header(of domain: String, _ id: String) -> String {
        Speak.header(from: domain, to: "montague.example", id: id)
    }

    // MARK: Users and witnesses

    /// A user of the server, who has logged in and is available.
    func user(_ name: String, of domain: String = "montague.example") async throws -> Visitor {
        let account = try JID("\(name)@\(domain)")
        try await server.clients.accounts.add(account, password: "a secret")
        let visitor = Visitor.visit(server, shard: 0, from: shard)
        let proof = Base64.encode(Array("\0\(name)\0a secret".utf8))
        visitor.send(Say.open(domain) + Say.plain(proof))
        try #require(await visitor.heard("<success"), "\(visitor.text)")
        visitor.send(
            Say.open(domain)
                + "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                + "<resource>here</resource></bind></iq><presence/>"
        )
        try #require(await visitor.heard("<presence"), "\(visitor.text)")
        return visitor
    }

    var romeo: Visitor? { witnesses.withLock { $0?.romeo } }

    private func callWitnesses() async throws {
        let romeo = try await user("romeo")
        let friend = try await guest(
            as: Self.friend,
            from: "198.51.100.7",
            isBidirectional: true
        )
        witnesses.withLock { $0 = (romeo, friend) }
        await seeUnharmed()
    }

    /// Whether the witnesses still hear each other.
    func seeUnharmed() async {
        guard let (romeo, friend) = witnesses.withLock({ $0 }) else { return }
        let number = exchanges.withLock { number in
            number += 1
            return number
        }
        friend.send(
            Speak.message("to him \(number).", from: "benvolio@\(Self.friend)", to: Self.romeo)
        )
        #expect(await romeo.heard("<body>to him \(number).</body>"), "\(romeo.text)")
        romeo.send(
            "<message to='benvolio@\(Self.friend)'><body>from him \(number).</body></message>"
        )
        #expect(await friend.heard("<body>from him \(number).</body>"), "\(friend.text)")
    }
}
