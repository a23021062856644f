import Foundation
import MartletClient
import MartletCore
import MartletCrypto
import MartletNet
import MartletStreams
import MartletTesting
import Testing

@testable import MartletServer

/// A client over TCP and TLS, against the server's own listener.
@Suite(.timeLimit(.minutes(5)))
struct NetworkTests {
    private let romeo = JID(prepared: "romeo", "montague.example")
    private let juliet = JID(prepared: "juliet", "capulet.example", "window")

    /// A server that listens, and the folder with its certificates.
    private func withServer(
        _ terms: C2SListenerTerms = C2SListenerTerms(),
        _ work: (Scene, Client.Options, String) async throws -> Void
    ) async throws {
        let name = "martlet-\(UUID().uuidString.prefix(8))"
        let folder = FileManager.default.temporaryDirectory.appending(path: name).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = ServerSettings()
        let scene = try await Scene { made in
            made.tls.folder = folder
            made.listeners = [ListenerSettings(.loopback(port: 0), terms)]
            settings = made
        }
        let server = scene.server
        let listeners = try await Listeners.open(
            settings,
            for: Takers(server.clients, nil, server.components),
            on: server.shards,
            log: server.log
        )
        try await scene.enroll(romeo)
        var options = Client.Options(
            host: "127.0.0.1",
            port: listeners.addresses[0].port,
            isDirectTLS: terms.tls == .direct
        )
        options.authorities = "\(folder)/montague.example.pem"
        await #expect(throws: Never.self) { try await work(scene, options, folder) }
        await listeners.close()
        await scene.end()
    }

    private func send(_ options: Client.Options, _ text: String = "Good morrow") async throws {
        try await Client.send(
            text,
            to: juliet.bare,
            from: romeo,
            password: Scene.password,
            options: options
        )
    }

    @Test(arguments: [C2SListenerTerms.TLSUse.startTLS, .direct])
    func `sends a message in one line`(tls: C2SListenerTerms.TLSUse) async throws {
        try await withServer(C2SListenerTerms(tls: tls)) { scene, options, _ in
            let her = try await scene.enter(juliet)
            await her.sendPresence()
            try await send(options)
            for await stanza in her.stanzas where stanza.kind == .message {
                #expect(stanza.from?.bare == romeo)
                #expect(stanza.element.child("body")?.text == "Good morrow")
                break
            }
        }
    }

    @Test func `refuses a server that its authorities do not vouch for`() async throws {
        try await withServer { _, options, folder in
            var options = options
            options.authorities = "\(folder)/capulet.example.pem"
            let fault = await #expect(throws: ClientFault.self) { try await send(options) }
            guard case .connection(let reason) = fault else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(reason.contains("tls"))
        }
    }

    @Test func `does not look at a certificate that it was told not to look at`() async throws {
        try await withServer { _, options, folder in
            var options = options
            options.authorities = "\(folder)/capulet.example.pem"
            options.verifiesCertificate = false
            try await send(options)
        }
    }

    @Test func `connects nowhere with authorities that cannot be read`() async throws {
        var options = Client.Options(host: "127.0.0.1", port: 1)
        options.authorities = "nowhere/at/all.pem"
        let fault = await #expect(throws: ClientFault.self) { try await send(options) }
        #expect(fault?.description.contains("nowhere") == true, "not that nobody listens there")
    }

    @Test func `says that it was not let in`() async throws {
        try await withServer { _, options, _ in
            let fault = await #expect(throws: ClientFault.self) {
                try await Client.send(
                    "Ho!",
                    to: juliet.bare,
                    from: romeo,
                    password: "thorn",
                    options: options
                )
            }
            #expect(fault == .loginRefused(.notAuthorized))
        }
    }

    /// A server that accepts and then says nothing.
    @Test func `does not wait for ever`() async throws {
        let clock = ManualClock()
        let (own, other) = (Shard(index: 0, clock: clock), Shard(index: 1))
        own.start()
        other.start()
        let (near, far) = PipeTransport.pair(own, other)
        let login = ClientMachine.Login(
            romeo,
            credentials: [.password(username: "romeo", password: "rose")]
        )
        let connecting = Task { try await Client.connect(login, over: near, within: .seconds(30)) }
        let silence = Silence()
        await silence.listen(to: far)
        clock.advance(by: .seconds(31))
        let fault = await #expect(throws: ClientFault.self) { try await connecting.value }
        #expect(fault == .timedOut)
        await own.stop()
        await other.stop()
    }
}

/// Hears that a client began to speak, and says nothing.
///
/// Unchecked, because the one thing that it has is a stream, which is locked.
private final class Silence: TransportDelegate, @unchecked Sendable {
    private let (heard, hear) = AsyncStream<Void>.makeStream()

    func listen(to transport: Transport) async {
        transport.shard.submit { transport.delegate = self }
        for await _ in heard { break }
    }

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        hear.yield()
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) { hear.finish() }
}
