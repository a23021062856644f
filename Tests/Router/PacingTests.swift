import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Synchronization
import Testing

@testable import MartletRouter

/// What is told to many costs the one who tells (attacks 34), by a clock that the test moves.
@Suite struct PacingTests {
    /// Charges ten deliveries for each presence, and notes what was handled.
    private struct Telling: Module {
        let name = "telling"
        let handled: Notes

        func register(in registration: inout Registration) throws {
            registration.on(.received, try Match("*")) { shard, stanza, context in
                handled.note(stanza.id ?? "")
                if stanza.kind == .presence, let id = context.session,
                    let session = shard.session(id)
                {
                    shard.charge(10, to: session)
                }
                return .handled
            }
        }
    }

    private final class Notes: Sendable {
        private let ids = Mutex<[String]>([])

        func note(_ id: String) { ids.withLock { $0.append(id) } }

        /// What was noted since the last time.
        func take() -> String {
            ids.withLock { ids in
                defer { ids = [] }
                return ids.joined(separator: " ")
            }
        }
    }

    private final class Edge: SessionSink {
        let isCongested = false
        let isPaused = Mutex(false)

        func send(_ stanza: Stanza) {}
        func send(nonza: Element) {}
        func close(_ error: StreamError?) {}
        func reportFlush() {}
        func pauseReading() { isPaused.withLock { $0 = true } }
        func resumeReading() { isPaused.withLock { $0 = false } }
    }

    /// A home where ten deliveries a second are let through, and twenty at once.
    private struct Stage {
        let clock = ManualClock()
        let shard: Shard
        let home: RouterShard
        let edge = Edge()
        let handled = Notes()
        let romeo: SessionID

        init() async throws {
            var limits = DomainLimits()
            (limits.deliveriesPerSecond, limits.burstDeliveries) = (10, 20)
            let domain = Domain(
                try JID("montague.example"),
                limits: limits,
                modules: try ModuleSet([Telling(handled: handled)])
            )
            shard = Shard(index: 0, clock: clock)
            shard.start()
            home = Router(shards: [shard], store: MemoryStore(), domains: [domain]).homes[0]
            let jid = try JID("romeo@montague.example/orchard")
            romeo = try await home.bind(jid, in: domain, sink: edge).get()
        }

        func say(_ kind: Stanza.Kind, _ ids: String...) async {
            let type = kind == .presence ? StanzaType.available : .normal
            for id in ids {
                await home.receive(Stanza(kind, type: type, to: nil, id: id), from: romeo)
            }
        }

        func pass(_ time: Duration) async {
            clock.advance(by: time)
            await shard.settle()
        }
    }

    @Test func `past the burst all that comes next waits in line, in order`() async throws {
        let stage = try await Stage()
        await stage.say(.presence, "p1", "p2", "p3", "p4", "p5")
        await stage.say(.message, "m1")
        #expect(stage.handled.take() == "p1 p2 p3", "twenty, and ten that are owed")
        await stage.pass(.milliseconds(999))
        #expect(stage.handled.take() == "")
        await stage.pass(.milliseconds(1))
        #expect(stage.handled.take() == "p4")
        await stage.pass(.seconds(1))
        #expect(stage.handled.take() == "p5")
        await stage.pass(.seconds(1))
        #expect(
            stage.handled.take() == "m1",
            "what goes to one alone costs nothing, and waits all the same"
        )
        await stage.say(.message, "m2")
        #expect(stage.handled.take() == "m2")
        await stage.pass(.seconds(60))
        await stage.say(.presence, "p6", "p7", "p8", "p9")
        #expect(stage.handled.take() == "p6 p7 p8", "the burst is full again, and no fuller")
        await stage.shard.stop()
    }

    @Test func `a long line stops the reading until it is shorter`() async throws {
        let stage = try await Stage()
        await stage.say(.presence, "p1", "p2", "p3")
        for id in 1...RouterShard.inboxLimit { await stage.say(.message, "m\(id)") }
        #expect(stage.edge.isPaused.withLock { $0 })
        await stage.pass(.seconds(1))
        #expect(!stage.edge.isPaused.withLock { $0 })
        #expect(stage.handled.take().hasSuffix("m\(RouterShard.inboxLimit)"))
        await stage.shard.stop()
    }

    /// XEP-0198 §4: what waits is not handled, and what is handled is counted once.
    @Test func `what waits is not acknowledged`() async throws {
        let stage = try await Stage()
        _ = await stage.home.enableManagement(of: stage.romeo, token: "token")
        await stage.say(.presence, "p1", "p2", "p3", "p4")
        #expect(await stage.home.counts(of: stage.romeo) == [3, 1])
        await stage.pass(.seconds(1))
        #expect(await stage.home.counts(of: stage.romeo) == [4, 0])
        await stage.shard.stop()
    }

    /// A client that says something and leaves is heard out, however much it owes.
    @Test func `what waited when the session ends goes its way`() async throws {
        let stage = try await Stage()
        await stage.say(.presence, "p1", "p2", "p3", "p4")
        await stage.say(.message, "m1")
        _ = stage.handled.take()
        await stage.home.end(stage.romeo)
        #expect(stage.handled.take() == "p4 m1")
        #expect(await !stage.home.hasHome(of: stage.romeo.jid), "nothing is left behind")
        await stage.pass(.seconds(60))
        #expect(stage.handled.take() == "")
        await stage.shard.stop()
    }
}

extension RouterShard {
    fileprivate func hasHome(of account: JID) -> Bool { home(of: account) != nil }

    /// What was handled, and what waits.
    fileprivate func counts(of id: SessionID) -> [Int] {
        guard let session = session(id) else { return [] }
        return [Int(session.management?.handled ?? 0), session.inbox.pending]
    }
}
