import MartletCore
import MartletNet
import MartletRouter
import MartletStorage
import MartletXML
import Testing

@Suite struct SettlingTests {
    /// Keeps messages for those who are away, but only when the gate is opened.
    private struct SlowOffline: Module {
        let name = "slow-offline"
        let gate: AsyncStream<Void>
        let events: AsyncStream<String>.Continuation

        func register(in registration: inout Registration) throws {
            registration.on(.offline, try Match("message")) { _, _, _ in
                .pending { (_: isolated RouterShard) async throws(StanzaError) -> Verdict in
                    events.yield("asked to store")
                    for await _ in gate {}
                    events.yield("stored")
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

    /// Whatever shards the two live on.
    @Test(arguments: ["juliet", "nurse", "paris", "tybalt", "benvolio"])
    func `counts a message for its sender when it is stored, not before`(
        localpart: String
    ) async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let (events, told) = AsyncStream<String>.makeStream()
        let modules = try ModuleSet([SlowOffline(gate: gate, events: told)])
        let domain = Domain(try JID("montague.example"), modules: modules)
        let store = MemoryStore()
        let contact = try JID("\(localpart)@montague.example")
        try await store.createAccount(Account(contact))
        let shards = [Shard(index: 0), Shard(index: 1)]
        for shard in shards { shard.start() }
        let router = Router(shards: shards, store: store, domains: [domain])

        let romeo = try JID("romeo@montague.example/orchard")
        let home = router.home(of: romeo)
        home.shard.submit {
            home.assumeIsolated { home in
                guard case .success(let id) = home.bind(romeo, in: domain, sink: Nobody())
                else { return told.finish() }
                _ = home.enableManagement(of: id, token: nil)
                home.receive(Stanza(.message, type: .chat, to: contact), from: id)
                home.settle(id) { told.yield("acknowledged \($0)") }
            }
        }

        var seen: [String] = []
        for await event in events {
            seen.append(event)
            if event == "asked to store" { opener.finish() }
            if seen.count == 3 { break }
        }
        #expect(seen == ["asked to store", "stored", "acknowledged 1"])
        for shard in shards { await shard.stop() }
    }
}
