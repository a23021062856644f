import Foundation
import Logging
import MartletCore
import MartletNet
import MartletStorage
import MartletStreams
import Synchronization
import Testing

@testable import MartletServer

/// `martlet s2s check` where no server runs, against what takes connections on the loopback.
@Suite(.timeLimit(.minutes(5)))
struct S2SCheckAloneTests {
    /// Ours, who find the peer at a port of this machine.
    private func settings(_ port: UInt16, _ folder: String) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = [DomainSettings(Cities.montague)]
        settings.tls.folder = folder
        settings.s2s.isEnabled = true
        settings.s2s.limits.attemptTime = .seconds(60)
        var peer = PeerSettings()
        (peer.address, peer.port) = ("127.0.0.1", port)
        settings.s2s.peers[Cities.capulet] = peer
        return settings
    }

    /// A whole server that listens.
    private func withServer(
        _ change: (inout ServerSettings) -> Void = { _ in },
        _ body: (UInt16, String) async throws -> Void
    ) async throws {
        try await inFolder { folder in
            var settings = ServerSettings()
            settings.shards = 1
            settings.domains = [DomainSettings(Cities.capulet)]
            settings.tls.folder = "\(folder)/capulet"
            settings.s2s.isEnabled = true
            change(&settings)
            let server = try await MartletServer(
                settings,
                store: MemoryStore(),
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clock: MonotonicClock(),
                reread: nil,
                dialler: PipeDialler()
            )
            let listener = try await Listener.listen(
                on: server.shards,
                at: .loopback(port: 0)
            ) { transport in
                server.federation?.service.accept(transport, on: S2SListenerTerms())
            }
            await #expect(throws: Never.self) {
                try await body(listener.address.port, "\(folder)/montague")
            }
            await listener.close()
            await server.shutDown()
        }
    }

    private func check(_ settings: ServerSettings) async throws -> PeerReport {
        try await PeerReport.make(of: Cities.capulet, from: nil, settings)
    }

    @Test func `goes as far as the offers, says why it stops, and makes nothing`() async throws {
        try await withServer { port, folder in
            let report = try await check(settings(port, folder))
            let text = report.lines.joined(separator: "\n")
            #expect(report.isGood, "\(text)")
            #expect(text.contains(", without a running server\n"))
            #expect(
                text.contains("place 1      127.0.0.1:\(port) (127.0.0.1), STARTTLS, as configured")
            )
            #expect(text.contains("connection   127.0.0.1:\(port): connected, after "))
            #expect(text.contains("does not prove capulet.example"))
            #expect(text.contains("offers       dialback with errors"))
            #expect(!text.contains("EXTERNAL     "))
            #expect(
                report.lines.last?.hasPrefix(
                    "reached with TLS, and no further: EXTERNAL and dialback need the running"
                ) == true
            )
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test func `fails where only a certificate proves the name`() async throws {
        try await withServer { port, folder in
            var settings = settings(port, folder)
            settings.s2s.trust.proof = .certificate
            let report = try await check(settings)
            #expect(!report.isGood)
            #expect(report.lines.last?.hasPrefix("failed: no authority that we trust") == true)
        }
    }

    @Test func `fails without TLS, unless that is allowed`() async throws {
        try await withServer {
            $0.tls.folder = nil
            $0.s2s.trust.tls = .optional
        } _: { port, folder in
            var settings = settings(port, folder)
            let report = try await check(settings)
            #expect(!report.isGood)
            #expect(report.lines.last?.hasPrefix("failed: it offers no TLS; all took ") == true)
            settings.s2s.peers[Cities.capulet]?.tls = .optional
            let other = try await check(settings)
            #expect(other.isGood, "\(other.lines)")
            #expect(other.lines.last?.hasPrefix("reached without TLS, which our settings") == true)
        }
    }

    @Test func `is refused for a server that keeps to itself`() async throws {
        var settings = settings(5269, "/nonexistent")
        settings.s2s.isEnabled = false
        let fault = await #expect(throws: AdminFault.self) { try await check(settings) }
        #expect(fault?.description == "this server meets no others: s2s.enabled is false")
    }

    @Test func `goes nowhere when our own settings forbid it`() async throws {
        var settings = settings(5269, "/nonexistent")
        settings.s2s.lists.block = [Cities.capulet]
        let report = try await check(settings)
        #expect(!report.isGood)
        #expect(report.lines.count == 2)
        #expect(report.lines.last?.hasPrefix("failed: our settings allow no streams") == true)
    }

    @Test func `fails where nobody is`() async throws {
        let shard = Shard(index: 0)
        shard.start()
        let listener = try await Listener.listen(on: [shard], at: .loopback(port: 0)) { _ in }
        let port = listener.address.port
        await listener.close()
        await shard.stop()
        let report = try await check(settings(port, "/nonexistent"))
        #expect(!report.isGood)
        #expect(
            report.lines.last?.hasPrefix("failed: no connection (127.0.0.1:\(port): ") == true,
            "\(report.lines)"
        )
    }

    @Test func `fails in time where somebody is silent`() async throws {
        try await withPeer { _ in
            nil
        } _: { port in
            var settings = settings(port, "/nonexistent")
            settings.s2s.limits.negotiationTime = .milliseconds(200)
            let report = try await check(settings)
            #expect(!report.isGood)
            #expect(report.lines.last?.hasPrefix("failed: it did not answer in time;") == true)
        }
    }

    /// Whatever the peer says, in each place where it is repeated.
    @Test(arguments: [
        "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            + "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>HOSTILE</text></stream:error>",
        "<stream:features><HOSTNAME/>"
            + String(repeating: "<x xmlns='urn:x'/>", count: 100) + "</stream:features>",
        "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
            + "<mechanism>HOSTILE</mechanism></mechanisms></stream:features>",
        "<HOSTNAME/>",
    ])
    func `prints nothing of a peer's that hides or floods`(words: String) async throws {
        let text = "\u{202E}\u{85}" + String(repeating: "y\u{2028}", count: 2_000)
        let name = "n" + String(repeating: "\u{200D}", count: 200)
        let answer =
            "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
            + " from='\u{202E}evil.example' id='1' version='1.0'>"
            + words.replacing("HOSTILE", with: text).replacing("HOSTNAME", with: name)
        try await withPeer { _ in
            answer
        } _: { port in
            let report = try await check(settings(port, "/nonexistent"))
            #expect(!report.isGood)
            for line in report.lines {
                #expect(line.unicodeScalars.count < 400)
                let hidden = line.unicodeScalars.filter {
                    [.control, .format, .lineSeparator].contains($0.properties.generalCategory)
                }
                #expect(hidden.isEmpty, "\(line.debugDescription)")
            }
            #expect(report.lines.contains { $0.contains("it calls itself ?evil.example") })
        }
    }

    /// Somebody on the loopback who answers the first words of each connection with some of its own.
    private func withPeer(
        answering answer: @escaping @Sendable (Int) -> String?,
        _ body: (UInt16) async throws -> Void
    ) async throws {
        let shard = Shard(index: 0)
        shard.start()
        let count = Mutex(0)
        let listener = try await Listener.listen(on: [shard], at: .loopback(port: 0)) { transport in
            let number = count.withLock { number in
                number += 1
                return number
            }
            transport.delegate = Parrot(answer(number))
        }
        await #expect(throws: Never.self) { try await body(listener.address.port) }
        await listener.close()
        await shard.stop()
    }

    /// Says one thing, once.
    ///
    /// Unchecked, because it is used on its transport's shard alone.
    private final class Parrot: TransportDelegate, @unchecked Sendable {
        private var words: String?

        init(_ words: String?) {
            self.words = words
        }

        func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
            if let words { transport.send(Array(words.utf8)) }
            words = nil
        }

        func transportSecured(_ transport: Transport) {}
        func transportClosed(_ transport: Transport, _ reason: TransportEnd) {}
    }
}
