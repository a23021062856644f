import MartletClient
import MartletCore
import MartletCrypto
import MartletNet
import MartletStreams
import MartletTesting
import MartletXML
import Testing

@testable import MartletServer

/// A component of the library's against a whole server in memory.
@Suite(.timeLimit(.minutes(5)))
struct ComponentTests {
    private let echo = JID(prepared: nil, "echo.montague.example")
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")

    private func withScene(
        _ work: (Scene, Shard) async throws -> Void
    ) async throws {
        let scene = try await Scene { settings in
            let secret = Secret(Array("rosemary".utf8))
            settings.components["echo.montague.example"] = ComponentSettings(secret: secret)
        }
        let own = Shard(index: 0)
        own.start()
        await #expect(throws: Never.self) { try await work(scene, own) }
        await scene.end()
        await own.stop()
    }

    private func join(
        _ scene: Scene,
        from shard: Shard,
        secret: String = "rosemary"
    ) async throws(ClientFault) -> Component {
        let (near, far) = PipeTransport.pair(shard, scene.server.shards[0])
        far.shard.submit { scene.server.components.accept(far) }
        let login = ComponentClientMachine.Login(domain: echo, secret: Array(secret.utf8))
        return try await Component.connect(login, over: near)
    }

    /// Turns a message round; knows nothing else.
    private static func answer(_ stanza: Stanza) -> Stanza? {
        guard stanza.kind == .message, stanza.type != .error else { return nil }
        return stanza.addressed(to: stanza.from, from: stanza.to)
    }

    @Test func `serves its domain, and refuses what it does not know`() async throws {
        try await withScene { scene, own in
            let component = try await join(scene, from: own)
            let client = try await scene.enter(romeo)
            let served = Task { await component.serve { Self.answer($0) } }
            await client.send("who is there", to: try JID("narcissus@echo.montague.example/pool"))
            var stanzas = client.stanzas.makeAsyncIterator()
            let heard = await stanzas.next()
            #expect(heard?.from?.description == "narcissus@echo.montague.example/pool")
            #expect(heard?.child("body", in: Namespace.client)?.text == "who is there")
            let song = Element("song", in: "urn:example:song")
            let refusal = try await client.request(.get, to: echo, song)
            #expect(refusal.error?.condition == .serviceUnavailable)
            await component.close()
            await served.value
        }
    }

    @Test func `asks in the name of its domain, and is answered`() async throws {
        try await withScene { scene, own in
            let component = try await join(scene, from: own)
            let info = Element("query", in: Namespace.discoInfo)
            let domain = JID(prepared: nil, "montague.example")
            let answer = try await component.request(.get, to: domain, info)
            #expect(answer.type == .result && answer.to == component.domain)
            await component.close()
            await #expect(throws: ClientFault.self) {
                _ = try await component.request(.get, to: domain, info)
            }
        }
    }

    @Test func `is told why it is not let in`() async throws {
        try await withScene { scene, own in
            await #expect(throws: ClientFault.stream(StreamError(.notAuthorized))) {
                _ = try await join(scene, from: own, secret: "thyme")
            }
            _ = try await join(scene, from: own)
            await #expect(throws: ClientFault.stream(StreamError(.conflict))) {
                _ = try await join(scene, from: own)
            }
        }
    }

    @Test func `knows why its stream ended`() async throws {
        try await withScene { scene, own in
            let component = try await join(scene, from: own)
            await scene.server.components.closeAll(StreamError(.systemShutdown))
            for await _ in component.stanzas {}
            #expect(await component.fault == .stream(StreamError(.systemShutdown)))
        }
    }

    @Test func `is one line over TCP, and ends when it is cancelled`() async throws {
        try await withScene { scene, own in
            var settings = ServerSettings()
            settings.listeners = [ListenerSettings(.loopback(port: 0), terms: .components())]
            let server = scene.server
            let listeners = try await Listeners.open(
                settings,
                for: Takers(server.clients, nil, server.components),
                on: server.shards,
                log: server.log
            )
            let options = Client.Options(host: "127.0.0.1", port: listeners.addresses[0].port)
            let client = try await scene.enter(romeo)
            let domain = echo
            let serving = Task {
                try await Component.serve(domain, secret: "rosemary", options: options) {
                    Self.answer($0)
                }
            }
            // It says that it is there by the first message that is not refused.
            var stanzas = client.stanzas.makeAsyncIterator()
            repeat {
                await client.send("who is there", to: echo)
            } while await stanzas.next()?.type == .error
            serving.cancel()
            try await serving.value
            await listeners.close()
        }
    }
}
