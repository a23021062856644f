import MartletCore
import MartletCrypto
import MartletNet
import MartletTesting
import TestSupport
import Testing

@testable import MartletServer

/// What a connection waits for when it ends.
@Suite struct NegotiationTests {
    private let romeo = JID(prepared: "romeo", "montague.example")

    private var login: String {
        Say.plain(Base64.encode(Array("\0romeo\0\(Scene.password)".utf8)))
    }

    /// The store answers when the connection is gone for long.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `does not keep it, and is dropped`(isCutOff: Bool) async throws {
        let (store, book) = (HesitantStore(), LogBook())
        let scene = try await Scene(store: store, log: book.logger)
        try await scene.enroll(romeo)
        let own = Shard(index: 0)
        own.start()
        store.hesitate()
        let visitor = Visitor.visit(scene.server, shard: 0, from: own)
        visitor.send(Say.open + login)
        for await _ in store.questions.prefix(1) {}
        let place = scene.server.clients.places[0]
        let witnesses = place.connections.all.map(Witness.init)
        if isCutOff { visitor.drop() } else { visitor.leave() }
        await place.connections.empty()
        await place.settle()
        #expect(witnesses.count == 1 && witnesses[0].connection == nil)
        store.goOn()
        await scene.end()
        await own.stop()
        #expect(!book.lines.contains { $0.hasPrefix("login") || $0.hasPrefix("nobody knows") })
    }
}
