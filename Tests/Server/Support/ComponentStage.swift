import Logging
import MartletClient
import MartletCore
import MartletNet
import MartletStorage
import MartletStreams
import MartletTesting
import MartletXML
import Testing

@testable import MartletServer

/// A scene whose server has a component's domain, `plays.montague.example`, with the secret `rosemary`.
struct ComponentStage {
    static let plays = JID(prepared: nil, "plays.montague.example")
    static let secret = Array("rosemary".utf8)

    let scene: Scene
    let service: ComponentService
    private let own = Shard(index: 0)

    init(
        clock: any ShardClock = MonotonicClock(),
        store: any Store = MemoryStore(),
        _ configure: (inout ComponentSettings) -> Void = { _ in }
    ) async throws {
        scene = try await Scene(store: store, clock: clock)
        var component = ComponentSettings(secret: Secret(Self.secret))
        configure(&component)
        service = ComponentService(
            router: scene.server.router,
            settings: Self.settings([Self.plays.domainpart: component]),
            parsers: scene.server.clients.streams.parsers,
            log: Logger(label: "components") { _ in SwiftLogNoOpLogHandler() }
        )
        own.start()
    }

    static func settings(_ components: [String: ComponentSettings]) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = ["montague.example", "capulet.example"].map { DomainSettings($0) }
        settings.components = components
        settings.clients.closingTime = .seconds(600)
        return settings
    }

    /// One who connects, and says nothing yet.
    func stranger(
        shard: Int = 1,
        at address: SocketAddress = .loopback(port: 1),
        terms: ComponentListenerTerms = ComponentListenerTerms()
    ) -> Visitor {
        Visitor.visit(service, shard: shard, from: own, address: address, terms: terms)
    }

    /// One who opens its stream, and was answered.
    func caller(shard: Int = 1, to domain: JID = plays) async throws -> (Visitor, id: String) {
        let visitor = stranger(shard: shard)
        visitor.send(Self.opening(to: domain.description))
        #expect(await visitor.heard("'>"))
        let id = try #require(
            visitor.text.split(separator: " id='").last?.split(separator: "'").first
        )
        return (visitor, String(id))
    }

    /// One who serves.
    func component(shard: Int = 1) async throws -> Visitor {
        let (visitor, id) = try await caller(shard: shard)
        visitor.send(Self.handshake(id))
        #expect(await visitor.heard("<handshake/>"))
        return visitor
    }

    /// Returns when a visitor reads nothing any more, or all again.
    func stop(_ visitor: Visitor, reading isPaused: Bool) async {
        visitor.stop(reading: isPaused)
        await own.settle()
    }

    static func opening(to domain: String) -> String {
        "<stream:stream xmlns='jabber:component:accept'"
            + " xmlns:stream='http://etherx.jabber.org/streams' to='\(domain)'>"
    }

    static func handshake(_ id: String, secret: [UInt8] = secret) -> String {
        "<handshake>\(ComponentHandshake(id: id, secret: secret).digest)</handshake>"
    }

    /// Returns when the server has noticed that all have gone.
    func emptied() async {
        for place in service.streams.places { await place.connections.empty() }
    }

    func end() async {
        await service.closeAll(StreamError(.systemShutdown))
        await scene.end()
        await own.stop()
    }
}

extension Client {
    /// The next message, in a few words.
    func nextMessage() async -> String {
        for await stanza in stanzas where stanza.kind == .message {
            let text = stanza.child("body", in: Namespace.client)?.text ?? "nothing"
            let words = stanza.error?.condition.rawValue ?? text
            return "\(stanza.from?.description ?? "nobody"): \(words)"
        }
        return "gone"
    }

    /// Sends messages of 10 kB, each with a number in its id; gives those that returned.
    func send(lines: Range<Int>, to: JID) async -> [Stanza] {
        let text = String(repeating: "o", count: 10_000)
        for index in lines {
            send(
                Stanza(.message, type: .chat, to: to, id: "line\(index)") {
                    $0.element("body") { $0.text(text) }
                }
            )
        }
        return await bouncesUntilNow()
    }

    /// What returned of that which the client sent before, once all of it is on its way or has returned.
    func bouncesUntilNow() async -> [Stanza] {
        var bounces: [Stanza] = []
        // What returns in one turn of the server is told in the next.
        for mark in ["mark one", "mark two"] {
            guard let me = jid else { return bounces }
            send(mark, to: me)
            for await stanza in stanzas where stanza.kind == .message {
                if stanza.type != .error { break }
                bounces.append(stanza)
            }
        }
        return bounces
    }
}
