import MartletCore
import MartletCrypto
import MartletNet
import MartletTesting
import TestSupport
import Testing

@testable import MartletServer

/// A login that the server ends before it is answered.
struct AbandonedLoginTests {
    private let romeo = JID(prepared: "romeo", "montague.example")

    /// One who logs in where the store, once it is asked, waits for the test.
    private struct Stage {
        let store = HesitantStore()
        let book = LogBook()
        let scene: Scene
        let own = Shard(index: 0)
        let visitor: Visitor
        var place: StreamPlace<C2SConnection> { scene.server.clients.places[0] }

        init(
            _ account: JID,
            clock: any ShardClock = MonotonicClock(),
            configure: (inout ServerSettings) -> Void = { _ in }
        ) async throws {
            scene = try await Scene(
                store: store,
                clock: clock,
                log: book.logger,
                configure: configure
            )
            try await scene.enroll(account)
            own.start()
            store.hesitate()
            visitor = Visitor.visit(scene.server, shard: 0, from: own)
            let password = Base64.encode(Array("\0romeo\0\(Scene.password)".utf8))
            visitor.send(Say.open + Say.plain(password))
        }

        /// What the connection waits for, once it does.
        func work() async -> Negotiation {
            while true {
                for connection in place.connections.all {
                    if let negotiation = await connection.negotiation { return negotiation }
                }
                await place.settle()
            }
        }

        /// Ends the stream as a server that stops does.
        ///
        /// - Returns: what was there before.
        func shutDown() async -> [Witness] {
            let witnesses = place.connections.all.map(Witness.init)
            await place.visit { $0.shutDown(StreamError(.systemShutdown)) }
            await visitor.ended()
            await place.connections.empty()
            await place.settle()
            return witnesses
        }

        func end() async {
            await scene.end()
            await own.stop()
        }

        var hasLogged: Bool {
            book.lines.contains { $0.hasPrefix("login") || $0.hasPrefix("nobody knows") }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `is gone while the store thinks, and its password is not checked`() async throws {
        let stage = try await Stage(romeo)
        for await _ in stage.store.questions.prefix(1) {}
        let task = try #require(await stage.work().task)
        let witnesses = await stage.shutDown()
        #expect(witnesses.count == 1 && witnesses.allSatisfy { $0.connection == nil })
        let before = try await stage.store.store.account(romeo)
        #expect(stage.store.goOn() == 1)
        await task.value
        // A password that was found right would have got the verifiers that are missing.
        #expect(try await stage.store.account(romeo) == before)
        #expect(stage.visitor.text.contains("<system-shutdown") && !stage.hasLogged)
        await stage.end()
    }

    @Test(.timeLimit(.minutes(5)))
    func `does not begin when it was put off`() async throws {
        let stage = try await Stage(romeo, clock: ManualClock()) {
            $0.throttle.failuresPerAccount = 0
            $0.throttle.accountDelay = .seconds(2)
        }
        let task = await stage.work().task
        let witnesses = await stage.shutDown()
        #expect(witnesses.count == 1 && witnesses.allSatisfy { $0.connection == nil })
        try await stage.scene.pass(.seconds(3))
        #expect(task == nil && stage.store.goOn() == 0 && !stage.hasLogged)
        await stage.end()
    }
}
