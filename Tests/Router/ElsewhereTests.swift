import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Synchronization
import TestSupport
import Testing

@testable import MartletRouter

/// Where addresses lead that are not ours, and what comes back from there.
@Suite(.timeLimit(.minutes(5))) struct ElsewhereTests {
    private static func domain(
        _ name: String,
        _ modules: [any Module] = []
    ) throws -> Domain {
        Domain(try JID(name), modules: try ModuleSet(modules))
    }

    private static func name(_ place: Place) -> String {
        switch place {
        case .home: "home"
        case .domain(let domain): "domain \(domain.name)"
        case .service(let domain, _): "service of \(domain.name)"
        case .elsewhere(let route): (route as? Post)?.name ?? "?"
        case .nowhere: "nowhere"
        }
    }

    private struct Chat: Module {
        let name = "chat"
        func register(in registration: inout Registration) throws {
            for label in ["rooms", "both"] {
                registration.service(label, category: "conference", type: "text")
            }
        }
    }

    @Test(arguments: [
        ("romeo@montague.example", "home"), ("montague.example", "domain montague.example"),
        ("montague.example/x", "domain montague.example"),
        ("rooms.montague.example", "service of montague.example"),
        ("hall@rooms.montague.example", "service of montague.example"),
        // A component comes before a service, and a domain before a component.
        ("both.montague.example", "component"), ("a@both.montague.example/b", "component"),
        ("verona.example", "domain verona.example"), ("echo.example", "component"),
        ("sub.echo.example", "others"), ("globe.example", "others"), ("a@globe.example", "others"),
    ])
    func `an address leads to one place`(address: String, place: String) async throws {
        let town = try Town([
            Self.domain("montague.example", [Chat()]), Self.domain("verona.example"),
        ])
        let component = Post("component")
        let names = ["both.montague.example", "verona.example", "echo.example"]
        let keyed = try names.map { (try JID($0), component) }
        town.router.replaceComponents(Dictionary(uniqueKeysWithValues: keyed))
        town.router.connect(elsewhere: Post("others"))
        let jid = try JID(address)
        let found = await town.home(0).place(of: jid)
        #expect(Self.name(found) == place)
        let isOurs = place != "others"
        #expect(town.router.domains.hosts(jid) == isOurs)
        await town.end()
    }

    @Test func `without a route there is nothing elsewhere`() async throws {
        let town = try Town([Self.domain("montague.example")])
        let globe = try JID("globe.example")
        #expect(Self.name(await town.home(0).place(of: globe)) == "nowhere")
        town.router.connect(elsewhere: Post("others"))
        #expect(await town.home(1).isElsewhere(globe))
        town.router.connect(elsewhere: nil)
        #expect(await town.home(1).isElsewhere(globe) == false)
        await town.end()
    }

    @Test func `domains, components and the route change without each other`() async throws {
        let town = try Town([Self.domain("montague.example")])
        town.router.replaceComponents([try JID("echo.montague.example"): Post("component")])
        town.router.connect(elsewhere: Post("others"))
        town.router.replaceDomains([try Self.domain("capulet.example")])
        let echo = try JID("a@echo.montague.example")
        #expect(Self.name(await town.home(0).place(of: echo)) == "component")
        #expect(Self.name(await town.home(0).place(of: try JID("montague.example"))) == "others")
        town.router.replaceComponents([:])
        #expect(Self.name(await town.home(0).place(of: echo)) == "others")
        let capulet = try JID("capulet.example")
        #expect(Self.name(await town.home(0).place(of: capulet)) == "domain capulet.example")
        await town.end()
    }

    @Test(arguments: [
        ("a@montague.example", "montague.example"), ("rooms.montague.example", "montague.example"),
        ("both.montague.example", "montague.example"),
        ("deep.under.hills.montague.example", "hills.montague.example"), ("echo.example", nil),
        ("globe.example", nil), ("other.montague.example", nil),
    ])
    func `whose an address is`(address: String, owner: String?) async throws {
        let town = try Town([
            Self.domain("montague.example", [Chat()]), Self.domain("hills.montague.example"),
        ])
        let names = [
            "both.montague.example", "deep.under.hills.montague.example", "echo.example",
        ]
        let keyed = try names.map { (try JID($0), Post("component")) }
        town.router.replaceComponents(Dictionary(uniqueKeysWithValues: keyed))
        let domains = town.router.domains
        #expect(domains.domain(owning: try JID(address))?.name == owner)
        let montague = try #require(domains["montague.example"])
        #expect(domains.components(under: montague).map(\.description) == [names[0]])
        await town.end()
    }

    /// From any thread: what one of them returns to one sender comes in that order.
    @Test(arguments: ["romeo", "juliet", "nurse", "paris"])
    func `what is returned comes home in order`(localpart: String) async throws {
        let town = try Town([Self.domain("montague.example")])
        let user = try JID("\(localpart)@montague.example/x")
        let reader = Reader()
        _ = try #require(await town.bind(user, reader))
        let globe = try JID("a@globe.example")
        let ids = (0..<200).map(String.init)
        for id in ids {
            town.router.bounce(
                Stanza(.message, type: .chat, to: globe, from: user, id: id),
                .remoteServerTimeout
            )
        }
        await town.settle()
        #expect(reader.told == ids.map { "message error \($0)" })
        await town.end()
    }

    private static let returned: [(Stanza.Kind, StanzaType, Bool)] = [
        (.message, .chat, true), (.message, .error, false), (.iq, .get, true), (.iq, .set, true),
        (.iq, .result, false), (.iq, .error, false), (.presence, .available, true),
        (.presence, .unavailable, false), (.presence, .probe, false),
        (.presence, .subscribe, true), (.presence, .error, false),
    ]

    @Test(arguments: returned)
    func `never an answer to an error`(
        kind: Stanza.Kind,
        type: StanzaType,
        isReturned: Bool
    ) async throws {
        let town = try Town([Self.domain("montague.example")])
        let romeo = try JID("romeo@montague.example/x")
        let globe = try JID("a@globe.example")
        let reader = Reader()
        _ = try #require(await town.bind(romeo, reader))
        let stanza = Stanza(kind, type: type, to: globe, from: romeo, id: "1")
        town.router.bounce(stanza, .remoteServerNotFound)
        // Nobody takes what is for others: the home itself returns it, by the same rule.
        await town.visit(romeo) { $0.route(stanza) }
        await town.settle()
        let once = isReturned ? ["\(kind.name) error 1"] : []
        #expect(reader.told == once + once)
        await town.end()
    }

    @Test func `what is returned to a component goes to it, and to nobody else's domain`()
        async throws
    {
        let town = try Town([Self.domain("montague.example")])
        let (component, others) = (Post("component"), Post("others"))
        town.router.replaceComponents([try JID("echo.example"): component])
        town.router.connect(elsewhere: others)
        let globe = try JID("a@globe.example")
        let echo = try JID("b@echo.example")
        town.router.bounce(Stanza(.message, type: .chat, to: globe, from: echo), .notAllowed)
        await town.settle()
        #expect(component.taken.map(\.type) == [.error])
        #expect(others.taken.isEmpty)
        await town.end()
    }

    private struct Watch: Module {
        let name = "watch"
        func register(in registration: inout Registration) throws {
            registration.on(.elsewhere, try Match("message[@type='headline']")) { _, _, _ in
                .handled
            }
            registration.on(.elsewhere, try Match("message[@type='groupchat']")) {
                (_, _, _) throws(StanzaError) in
                throw .notAllowed
            }
            registration.on(.elsewhere, try Match("message"), priority: -1) { _, _, _ in
                .pending { (_: isolated RouterShard) async throws(StanzaError) -> Verdict in
                    throw .internalServerError
                }
            }
            registration.on(.elsewhere, try Match("message"), priority: -2) { _, stanza, _ in
                .replace(
                    Stanza(
                        .message,
                        type: stanza.type,
                        to: stanza.to,
                        from: stanza.from,
                        id: "seen"
                    )
                )
            }
        }
    }

    @Test func `what comes from elsewhere passes its phase, where nobody waits`() async throws {
        let town = try Town([Self.domain("montague.example", [Watch()])])
        let others = Post("others")
        town.router.connect(elsewhere: others)
        let romeo = try JID("romeo@montague.example/x")
        let globe = try JID("a@globe.example/b")
        let reader = Reader()
        _ = try #require(await town.bind(romeo, reader))
        // On either shard.
        for home in town.router.homes {
            for type in [StanzaType.chat, .headline, .groupchat] {
                let stanza = Stanza(.message, type: type, to: romeo, from: globe, id: "1")
                await town.run(home) { $0.receive(fromElsewhere: stanza) }
            }
        }
        await town.settle()
        #expect(reader.told == ["message chat seen", "message chat seen"])
        let errors = others.taken.compactMap(\.error?.condition)
        #expect(errors == [.notAllowed, .notAllowed])
        // A user's own pass it not.
        await town.visit(romeo) {
            $0.route(Stanza(.message, type: .headline, to: romeo, from: romeo, id: "own"))
        }
        await town.settle()
        #expect(reader.told.last == "message headline own")
        await town.end()
    }

    /// One server's stanza never leaves for another one; a component's does.
    @Test(arguments: [("a@globe.example", false), ("a@echo.example", true)])
    func `we are nobody's relay`(sender: String, isPassedOn: Bool) async throws {
        let town = try Town([Self.domain("montague.example")])
        let (component, others) = (Post("component"), Post("others"))
        town.router.replaceComponents([try JID("echo.example"): component])
        town.router.connect(elsewhere: others)
        let stanza = Stanza(
            .message,
            type: .chat,
            to: try JID("b@rose.example"),
            from: try JID(sender)
        )
        await town.run(town.router.homes[0]) { $0.receive(fromElsewhere: stanza) }
        await town.settle()
        #expect(others.taken.map(\.type) == [isPassedOn ? .chat : .error])
        #expect(component.taken.isEmpty)
        await town.end()
    }

    /// As if it had been put down for another shard before all shards knew that the domain goes.
    @Test func `what is for a domain that has just gone returns`() async throws {
        let town = try Town([Self.domain("montague.example"), Self.domain("capulet.example")])
        let (component, others) = (Post("component"), Post("others"))
        town.router.connect(elsewhere: others)
        let romeo = try JID("romeo@montague.example/x")
        let reader = Reader()
        _ = try #require(await town.bind(romeo, reader))
        town.router.replaceDomains([try Self.domain("montague.example")])
        let juliet = try JID("juliet@capulet.example")
        for home in town.router.homes {
            home.post(Stanza(.message, type: .chat, to: juliet, from: romeo, id: "1"))
            home.post(Stanza(.presence, type: .probe, to: juliet, from: romeo.bare, id: "2"))
        }
        await town.settle()
        #expect(reader.told == ["message error 1", "message error 1"])
        #expect(others.taken.isEmpty)

        town.router.replaceComponents([try JID("capulet.example"): component])
        town.router.homes[0].post(Stanza(.message, type: .chat, to: juliet, from: romeo, id: "3"))
        await town.settle()
        #expect(component.taken.map(\.id) == ["3"])
        await town.end()
    }
}

/// A router on two shards.
struct Town {
    let router: Router

    init(_ domains: [Domain]) throws {
        let shards = [Shard(index: 0), Shard(index: 1)]
        for shard in shards { shard.start() }
        router = Router(shards: shards, store: MemoryStore(), domains: domains)
    }

    func home(_ index: Int) async -> RouterShard {
        await settle()
        return router.homes[index]
    }

    /// What is on its way goes from shard to shard, and back again.
    func settle() async {
        for _ in 0..<4 {
            for home in router.homes { await home.shard.settle() }
            for home in router.homes { await home.drained() }
        }
    }

    func run(
        _ home: RouterShard,
        _ body: @escaping @Sendable (isolated RouterShard) -> Void
    ) async {
        home.shard.submit { home.assumeIsolated { body($0) } }
        await home.shard.settle()
    }

    func visit(
        _ account: JID,
        _ body: @escaping @Sendable (isolated RouterShard) -> Void
    ) async {
        await run(router.home(of: account), body)
    }

    func bind(_ full: JID, _ sink: any SessionSink) async -> SessionID? {
        let found = Mutex<SessionID?>(nil)
        guard let domain = router.domains[of: full] else { return nil }
        await withCheckedContinuation { continuation in
            let home = router.home(of: full)
            home.shard.submit {
                let id = home.assumeIsolated { try? $0.bind(full, in: domain, sink: sink).get() }
                found.withLock { $0 = id }
                continuation.resume()
            }
        }
        return found.withLock { $0 }
    }

    func end() async {
        router.connect(elsewhere: nil)
        router.replaceComponents([:])
        for home in router.homes { await home.shard.stop() }
    }
}

/// Keeps what it is given to take; its fences pass when they are told to.
final class Post: StanzaRoute {
    let name: String
    private let state = Mutex<(taken: [Stanza], fences: [(DomainPair, @Sendable () -> Void)])>(
        ([], [])
    )
    private let holdsFences: Bool

    init(_ name: String, holdsFences: Bool = false) {
        self.name = name
        self.holdsFences = holdsFences
    }

    var taken: [Stanza] { state.withLock { $0.taken } }
    var fences: [DomainPair] { state.withLock { $0.fences.map(\.0) } }

    func passAll() {
        let passed = state.withLock { state in
            defer { state.fences = [] }
            return state.fences.map(\.1)
        }
        for pass in passed { pass() }
    }

    func take(_ stanza: Stanza, on shard: Int) { state.withLock { $0.taken.append(stanza) } }

    func fence(
        _ pair: DomainPair,
        on shard: Int,
        passed: @escaping @Sendable () -> Void
    ) {
        guard holdsFences else { return passed() }
        state.withLock { $0.fences.append((pair, passed)) }
    }
}

/// A client that keeps what it is sent, as kind, type and id.
final class Reader: SessionSink {
    let isCongested = false
    private let stanzas = Mutex<[String]>([])

    var told: [String] { stanzas.withLock { $0 } }

    func note(_ what: String) { stanzas.withLock { $0.append(what) } }

    func send(_ stanza: Stanza) {
        note("\(stanza.kind.name) \(stanza.type.rawValue) \(stanza.id ?? "")")
    }
    func send(nonza: Element) {}
    func close(_ error: StreamError?) {}
    func reportFlush() {}
    func pauseReading() {}
    func resumeReading() {}
}
