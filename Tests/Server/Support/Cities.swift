import Foundation
import Logging
import MartletCore
import MartletCrypto
import MartletNet
import MartletStorage
import Synchronization
import TestSupport

@testable import MartletServer

/// Servers of one process, each for a domain of its own, joined by pipes in place of a network.
final class Cities: Sendable {
    let montague: MartletServer
    let capulet: MartletServer
    let pipes: PipeDialler
    /// Where the users are.
    let shard: Shard
    private let folder: String

    static let montague = "montague.example"
    static let capulet = "capulet.example"

    /// How the two prove who they are.
    enum Papers { case signed, selfMade }

    static func with(
        _ papers: Papers,
        _ change: @Sendable (inout S2SSettings) -> Void = { _ in },
        _ body: (Cities) async throws -> Void
    ) async throws {
        try await inFolder { folder in
            let cities = try await Cities(papers, in: folder, change)
            do {
                try await body(cities)
            } catch {
                await cities.end()
                throw error
            }
            await cities.end()
        }
    }

    private init(
        _ papers: Papers,
        in folder: String,
        _ change: @Sendable (inout S2SSettings) -> Void
    ) async throws {
        self.folder = folder
        let authority = try await TestAuthority("The Prince")
        try authority.certificate.write(
            toFile: "\(folder)/prince.pem",
            atomically: true,
            encoding: .utf8
        )
        pipes = PipeDialler()
        shard = Shard(index: 0)
        var servers: [MartletServer] = []
        for name in [Self.montague, Self.capulet] {
            let own = "\(folder)/\(name)"
            try FileManager.default.createDirectory(
                atPath: own,
                withIntermediateDirectories: true
            )
            if papers == .signed {
                let made = try await authority.sign(subject: name, names: "DNS:\(name)")
                try (made.certificate + made.key).write(
                    toFile: "\(own)/\(name).pem",
                    atomically: true,
                    encoding: .utf8
                )
            }
            var settings = ServerSettings()
            settings.shards = 2
            settings.domains = [DomainSettings(name)]
            settings.tls.folder = own
            settings.iterations = 4096
            settings.clients.burstStanzas = 1_000_000
            settings.clients.burstBytes = 100_000_000
            settings.clients.loginTime = .seconds(600)
            settings.s2s.isEnabled = true
            // The clock is real, and no test is about these.
            settings.s2s.limits.tlsTime = .seconds(600)
            settings.s2s.limits.authTime = .seconds(600)
            settings.s2s.limits.negotiationTime = .seconds(600)
            settings.s2s.limits.attemptTime = .seconds(600)
            settings.s2s.limits.verifyTime = .seconds(600)
            settings.s2s.authorities = "\(folder)/prince.pem"
            change(&settings.s2s)
            let server = try await MartletServer(
                settings,
                store: MemoryStore(),
                log: Logger(label: name) { _ in SwiftLogNoOpLogHandler() },
                clock: MonotonicClock(),
                reread: nil,
                dialler: pipes
            )
            pipes.know(name, server)
            servers.append(server)
        }
        (montague, capulet) = (servers[0], servers[1])
        shard.start()
    }

    /// A user who has logged in and is available.
    func user(_ name: String, at server: MartletServer) async throws -> Visitor {
        let domain = server === montague ? Self.montague : Self.capulet
        let account = try JID("\(name)@\(domain)")
        try? await server.clients.accounts.add(account, password: "a secret")
        let visitor = Visitor.visit(server, shard: 0, from: shard)
        let proof = Base64.encode(Array("\0\(name)\0a secret".utf8))
        visitor.send(Say.open(domain) + Say.plain(proof))
        guard await visitor.heard("<success") else { throw Silence(text: visitor.text) }
        visitor.send(
            Say.open(domain)
                + "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                + "<resource>here</resource></bind></iq><presence/>"
        )
        guard await visitor.heard("<presence") else { throw Silence(text: visitor.text) }
        return visitor
    }

    struct Silence: Error { let text: String }

    private func end() async {
        await montague.shutDown()
        await capulet.shutDown()
        await shard.stop()
    }
}

extension Say {
    static func open(_ domain: String) -> String {
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
            + " to='\(domain)' version='1.0'>"
    }
}

/// Finds the servers of this process by their domains, and nobody else.
final class PipeDialler: PeerDialler {
    private struct State {
        var servers: [String: MartletServer] = [:]
        var dialled: [String] = []
        var pipes: [PipeTransport] = []
    }

    private let state = Mutex(State())

    func know(_ domain: String, _ server: MartletServer) {
        state.withLock { $0.servers[domain] = server }
    }

    /// The domains that were connected to, in order.
    var dialled: [String] { state.withLock { $0.dialled } }

    /// Breaks every connection between servers, as a reset does.
    func cutAll() {
        let pipes = state.withLock { state in
            defer { state.pipes = [] }
            return state.pipes
        }
        for pipe in pipes { pipe.shard.submit { pipe.cut() } }
    }

    func dial(
        _ domain: JID,
        on shard: Shard,
        isFresh: Bool,
        done: @escaping @Sendable (PeerDial) -> Void
    ) -> any PeerAttempt {
        shard.submit { [self] in
            let name = domain.domainpart
            guard let server = state.withLock({ $0.servers[name] }) else {
                return done(
                    .failed(.unreachable(.remoteServerNotFound, "there is no such domain"))
                )
            }
            let (near, far) = PipeTransport.pair(shard, server.shards[0])
            state.withLock { state in
                state.dialled.append(name)
                state.pipes.append(near)
            }
            server.shards[0].submit {
                server.federation?.service.accept(far, on: S2SListenerTerms())
            }
            done(.connected(near, isDirect: false, address: "a pipe"))
        }
        return Once()
    }

    private struct Once: PeerAttempt {
        func tryNext() -> Bool { false }
        func giveUp() {}
    }
}
