import MartletCore
import MartletCrypto
import MartletNet
import MartletTesting
import Testing

@testable import MartletServer

/// Connections that end at any step of negotiation leave nothing behind (CVE-2026-43506).
@Suite(.timeLimit(.minutes(5)))
struct LeakTests {
    /// How far a visitor goes before it vanishes.
    enum Phase: String, CaseIterable {
        case silent, header, halfAnElement, mechanism, wrongPassword, login, reopened, bind, bound,
            present, managed, goodbye, faulty, startTLS, halfAHandshake
    }

    private func login(_ password: String) -> String {
        Say.plain(Base64.encode(Array("\0romeo\0\(password)".utf8)))
    }

    /// Says all that leads to a phase, and waits only where the server must have answered.
    private func go(to phase: Phase, _ visitor: Visitor) async {
        let words: [String]
        switch phase {
        case .silent: words = []
        case .header: words = [Say.open]
        case .halfAnElement: words = [Say.open, "<auth xmlns='urn:ie"]
        case .mechanism: words = [Say.open, login(Scene.password)]
        case .wrongPassword: words = [Say.open, login("thorn")]
        case .startTLS: words = [Say.open, Say.startTLS]
        case .halfAHandshake: words = [Say.open, Say.startTLS, "\u{16}\u{3}\u{1}"]
        case .faulty: words = [Say.open, "<?evil?>"]
        default: return await enter(phase, visitor)
        }
        for word in words { visitor.send(word) }
        if phase == .startTLS || phase == .halfAHandshake { _ = await visitor.heard("<proceed") }
    }

    private func enter(_ phase: Phase, _ visitor: Visitor) async {
        visitor.send(Say.open + login(Scene.password))
        guard await visitor.heard("<success") else { return }
        if phase == .login { return }
        visitor.send(Say.open)
        if phase == .reopened { return }
        visitor.send(Say.bind)
        if phase == .bind { return }
        guard await visitor.heard("<jid>") else { return }
        if phase == .present { visitor.send(Say.presence) }
        if phase == .goodbye { visitor.send(Say.goodbye) }
        if phase == .managed {
            visitor.send(Say.enable)
            _ = await visitor.heard("<enabled")
        }
    }

    private func makeScene(_ folder: String) async throws -> Scene {
        let scene = try await Scene { settings in
            settings.tls.folder = folder
            // However long the machine takes, nobody is sent away for it.
            settings.clients.tlsTime = .seconds(600)
            settings.clients.loginTime = .seconds(600)
            settings.domains = [
                DomainSettings("montague.example", mechanisms: [.scramSHA256, .plain])
            ]
            settings.domains[0].limits.sessionsPerAccount = 1_000
            settings.throttle.failuresPerPair = 10_000
            settings.throttle.failuresPerAddress = 10_000
            settings.throttle.failuresPerAccount = 10_000
        }
        try await scene.enroll(try JID("romeo@montague.example"))
        return scene
    }

    @Test(arguments: Phase.allCases)
    func `a connection that ends leaves nothing behind`(phase: Phase) async throws {
        try await inFolder { try await leaveNothing(behind: phase, in: $0) }
    }

    private func leaveNothing(behind phase: Phase, in folder: String) async throws {
        let scene = try await makeScene(folder)
        let own = Shard(index: 0)
        own.start()
        let count = phase == .wrongPassword ? 40 : 500
        let isSecured = phase == .startTLS || phase == .halfAHandshake
        let terms = C2SListenerTerms(
            tls: isSecured ? .startTLS : .none,
            allowsPlainWithoutTLS: !isSecured
        )
        let visitors = (0..<count).map {
            Visitor.visit(scene.server, shard: $0 % 2, from: own, terms: terms)
        }
        await withTaskGroup { group in
            for visitor in visitors { group.addTask { await go(to: phase, visitor) } }
        }
        let clients = scene.server.clients
        // Those who waited for no answer may not have been let in yet.
        for place in clients.places { await place.settle() }
        var witnesses = clients.places.flatMap { $0.connections.all.map(Witness.init) }
        // One half is cut off, the other closes its side in order.
        for (index, visitor) in visitors.enumerated() {
            if index % 4 < 2 { visitor.drop() } else { visitor.leave() }
        }
        // Others may have arrived on the shard of their home meanwhile.
        witnesses += clients.places.flatMap { $0.connections.all.map(Witness.init) }
        #expect(!witnesses.isEmpty || phase == .faulty || phase == .goodbye)
        for place in clients.places { await place.connections.empty() }
        for place in clients.places { await place.connections.empty() }
        for place in clients.places { await place.settle() }
        #expect(clients.connectionCount == 0)
        #expect(witnesses.filter { $0.connection != nil }.isEmpty)
        await scene.end()
        await own.stop()
    }
}
