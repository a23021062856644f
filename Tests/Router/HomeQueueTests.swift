import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Synchronization
import Testing

@testable import MartletRouter

/// What waits at a home while one stanza is being handled costs bounded memory.
@Suite struct HomeQueueTests {
    /// Holds the first message until the gate is opened.
    private struct Holding: Module {
        let name = "holding"
        let gate: AsyncStream<Void>

        func register(in registration: inout Registration) throws {
            registration.on(.delivery, try Match("message")) { _, stanza, _ in
                guard stanza.id == "first" else { return .continue }
                return .pending { (_: isolated RouterShard) async throws(StanzaError) -> Verdict in
                    for await _ in gate {}
                    return .handled
                }
            }
        }
    }

    /// Counts the errors that its client is sent.
    private final class Counting: SessionSink {
        let isCongested = false
        let refused = Mutex(0)

        func send(_ stanza: Stanza) {
            guard stanza.error?.condition == .resourceConstraint else { return }
            refused.withLock { $0 += 1 }
        }
        func send(nonza: Element) {}
        func close(_ error: StreamError?) {}
        func reportFlush() {}
        func pauseReading() {}
        func resumeReading() {}
    }

    @Test func `past so many bytes the sender is told, and later there is room again`()
        async throws
    {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let domain = Domain(
            try JID("montague.example"),
            modules: try ModuleSet([Holding(gate: gate)])
        )
        let shard = Shard(index: 0)
        shard.start()
        let router = Router(shards: [shard], store: MemoryStore(), domains: [domain])
        let (romeo, juliet) = (
            try JID("romeo@montague.example/orchard"), try JID("juliet@montague.example/balcony")
        )
        let sink = Counting()
        let home = router.homes[0]
        let bytes = 64 * 1024
        let fitting = RouterShard.homeInboxBytes / bytes
        let sender = try await home.sender(romeo, juliet, domain, sink)
        await home.send("first", from: sender, to: juliet, bytes: 1)
        for _ in 0..<fitting + 10 {
            await home.send("later", from: sender, to: juliet, bytes: bytes)
        }
        let refused = sink.refused.withLock { $0 }
        #expect((9...12).contains(refused))

        opener.finish()
        await home.drained()
        await shard.settle()
        await home.send("after", from: sender, to: juliet, bytes: bytes)
        #expect(sink.refused.withLock { $0 } == refused)
        #expect(await home.waitingBytes(at: juliet) == 0)
        await shard.stop()
    }
}

extension RouterShard {
    fileprivate func sender(
        _ romeo: JID,
        _ juliet: JID,
        _ domain: Domain,
        _ sink: any SessionSink
    ) throws -> SessionID {
        _ = try bind(juliet, in: domain, sink: sink).get()
        return try bind(romeo, in: domain, sink: sink).get()
    }

    fileprivate func send(_ id: String, from sender: SessionID, to: JID, bytes: Int) {
        let message = Stanza(.message, type: .chat, to: to, id: id) {
            $0.element("body") { $0.text(String(repeating: "x", count: bytes)) }
        }
        receive(message, from: sender)
    }

    fileprivate func waitingBytes(at account: JID) -> Int? { home(of: account)?.waitingBytes }
}
