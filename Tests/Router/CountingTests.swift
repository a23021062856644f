import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Testing

@testable import MartletRouter

/// Holds a client's presence until the gate opens.
private struct SlowPresence: Module {
    let name = "slow-presence"
    let gate: AsyncStream<Void>

    func register(in registration: inout Registration) throws {
        registration.on(.received, try Match("presence")) { _, _, _ in
            .pending { (_: isolated RouterShard) async throws(StanzaError) -> Verdict in
                for await _ in gate {}
                return .handled
            }
        }
    }
}

/// A client that reads nothing.
private final class Nobody: SessionSink {
    let isCongested = false
    func send(_ stanza: Stanza) {}
    func send(nonza: Element) {}
    func close(_ error: StreamError?) {}
    func reportFlush() {}
    func pauseReading() {}
    func resumeReading() {}
}

/// What counts as handled (XEP-0198 §4), and what is kept of accounts that nobody uses.
@Suite struct CountingTests {
    private let gate: AsyncStream<Void>
    private let opener: AsyncStream<Void>.Continuation
    private let store = CountingStore()

    init() {
        (gate, opener) = AsyncStream.makeStream()
    }

    private func inHome<Result: Sendable>(
        _ body: @Sendable (isolated RouterShard, SessionID) async throws -> Result
    ) async throws -> Result {
        let romeo = try JID("romeo@montague.example/orchard")
        let modules = try ModuleSet([SlowPresence(gate: gate)])
        let domain = Domain(try JID("montague.example"), modules: modules)
        let shard = Shard(index: 0)
        shard.start()
        let router = Router(shards: [shard], store: store, domains: [domain])
        let result = try await Self.enter(router.homes[0], romeo, domain, body)
        await shard.stop()
        return result
    }

    private static func enter<Result: Sendable>(
        _ home: isolated RouterShard,
        _ jid: JID,
        _ domain: Domain,
        _ body: @Sendable (isolated RouterShard, SessionID) async throws -> Result
    ) async throws -> Result {
        let id = try home.bind(jid, in: domain, sink: Nobody()).get()
        return try await body(home, id)
    }

    private static let presence = Stanza(.presence, type: .available, to: nil)

    @Test func `what was in line before management began does not count`() async throws {
        let count = try await inHome { home, id in
            home.receive(Self.presence, from: id)
            _ = home.enableManagement(of: id, token: "t")
            home.receive(Self.presence, from: id)
            opener.finish()
            await home.drained()
            return home.session(id)?.management?.handled
        }
        #expect(count == 1)
    }

    @Test func `what was refused counts behind what is in line`() async throws {
        let counts = try await inHome { home, id in
            _ = home.enableManagement(of: id, token: "t")
            home.receive(Self.presence, from: id)
            home.countRefused(by: id)
            let before = home.session(id)?.management?.handled
            opener.finish()
            await home.drained()
            return [before, home.session(id)?.management?.handled]
        }
        #expect(counts == [0, 2])
    }

    @Test func `what is in line when a client comes back counts, and once`() async throws {
        let counts = try await inHome { home, id in
            _ = home.enableManagement(of: id, token: "t")
            home.receive(Self.presence, from: id)
            home.receive(Self.presence, from: id)
            home.detach(id)
            let outcome = home.resume(token: "t", handled: 0, of: id.jid, sink: Nobody())
            guard case .resumed(_, let handled, _) = outcome else { return [UInt32?]() }
            opener.finish()
            await home.drained()
            return [handled, home.session(id)?.management?.handled]
        }
        #expect(counts == [2, 2])
    }

    @Test func `management is enabled once, and not resumed by a wrong name`() async throws {
        let isRight = try await inHome { home, id in
            let first = home.enableManagement(of: id, token: "t")
            let second = home.enableManagement(of: id, token: "u")
            guard case .unknown = home.resume(token: "u", handled: 0, of: id.jid, sink: Nobody())
            else { return false }
            opener.finish()
            return first != nil && second == nil
        }
        #expect(isRight)
    }

    @Test func `a home stays while work of a session that ended waits`() async throws {
        let isKept = try await inHome { home, id in
            home.receive(Self.presence, from: id)
            home.end(id)
            let whileWaiting = home.home(of: id.jid) != nil
            opener.finish()
            await home.drained()
            return [whileWaiting, home.home(of: id.jid) != nil]
        }
        #expect(isKept == [true, false])
    }

    @Test func `presence, probes and answers cost no look-up, what concerns the absent does`()
        async throws
    {
        let juliet = try JID("juliet@montague.example")
        let lookUps = try await inHome { home, id in
            opener.finish()
            var lookUps: [Int] = []
            for stanza in [
                Stanza(.presence, type: .available, to: juliet, from: id.jid),
                Stanza(.presence, type: .unavailable, to: juliet, from: id.jid),
                Stanza(.iq, type: .result, to: juliet, from: id.jid, id: "r"),
                Stanza(.presence, type: .probe, to: juliet, from: id.jid),
                Stanza(.presence, type: .subscribe, to: juliet, from: id.jid),
                Stanza(.message, type: .chat, to: juliet, from: id.jid),
                Stanza(.iq, type: .get, to: juliet, from: id.jid, id: "q"),
            ] {
                home.route(stanza)
                await home.drained()
                lookUps.append(store.lookUps)
            }
            return lookUps
        }
        #expect(lookUps == [0, 0, 0, 0, 1, 2, 3])
    }
}
