import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(5))) struct SettlingTests {
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
    fileprivate final class Nobody: SessionSink {
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

    /// Holds up what arrives from Mercutio, and says so.
    private struct SlowDelivery: Module {
        let name = "slow-delivery"
        let gate: AsyncStream<Void>
        let events: AsyncStream<String>.Continuation

        func register(in registration: inout Registration) throws {
            registration.on(.delivery, try Match("message")) { _, stanza, _ in
                guard stanza.from?.localpart == "mercutio" else { return .continue }
                return .pending { (_: isolated RouterShard) async throws(StanzaError) -> Verdict in
                    events.yield("waits")
                    for await _ in gate {}
                    return .handled
                }
            }
        }
    }

    /// A client that tells of the errors it gets.
    private final class Complainer: SessionSink {
        let isCongested = false
        let events: AsyncStream<String>.Continuation

        init(_ events: AsyncStream<String>.Continuation) {
            self.events = events
        }

        func send(_ stanza: Stanza) {
            if stanza.type == .error { events.yield("returned") }
        }
        func send(nonza: Element) {}
        func close(_ error: StreamError?) {}
        func reportFlush() {}
        func pauseReading() {}
        func resumeReading() {}
    }

    /// What it forgets as soon as it is acknowledged would else be nowhere, if the server ended then.
    @Test(arguments: ["nobody", "noone", "nemo", "niemand", "personne"])
    func `tells a client what was returned before that is acknowledged`(
        localpart: String
    ) async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let (events, told) = AsyncStream<String>.makeStream()
        let modules = try ModuleSet([SlowDelivery(gate: gate, events: told)])
        let domain = Domain(try JID("montague.example"), modules: modules)
        let shards = [Shard(index: 0), Shard(index: 1)]
        for shard in shards { shard.start() }
        let router = Router(shards: shards, store: MemoryStore(), domains: [domain])

        let romeo = try JID("romeo@montague.example/orchard")
        let (mercutio, stranger) = (
            try JID("mercutio@montague.example"), try JID("\(localpart)@montague.example")
        )
        let home = router.home(of: romeo)
        home.shard.submit {
            home.assumeIsolated { home in
                guard case .success(let id) = home.bind(romeo, in: domain, sink: Complainer(told))
                else { return told.finish() }
                _ = home.enableManagement(of: id, token: nil)
                home.deliver(Stanza(.message, type: .chat, to: romeo.bare, from: mercutio))
                home.receive(Stanza(.message, type: .chat, to: stranger), from: id)
                home.settle(id) { told.yield("acknowledged \($0)") }
                router.home(of: stranger).fence(stranger) { told.yield("refused") }
            }
        }

        var seen: [String] = []
        for await event in events {
            seen.append(event)
            if event == "refused" { opener.finish() }
            if seen.count == 4 { break }
        }
        #expect(seen == ["waits", "refused", "returned", "acknowledged 1"])
        for shard in shards { await shard.stop() }
    }

    /// XEP-0198 §5: who comes back is told a count that is as true as that of an `<a/>`.
    @Test(arguments: ["juliet", "nurse", "paris", "tybalt", "benvolio"], [false, true])
    func `resumes a session when what it sent is stored, or the time is over`(
        localpart: String,
        isStuck: Bool
    ) async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let (events, told) = AsyncStream<String>.makeStream()
        let modules = try ModuleSet([SlowOffline(gate: gate, events: told)])
        let domain = Domain(try JID("montague.example"), modules: modules)
        let store = MemoryStore()
        let contact = try JID("\(localpart)@montague.example")
        try await store.createAccount(Account(contact))
        let clock = ManualClock()
        let shards = [Shard(index: 0, clock: clock), Shard(index: 1, clock: clock)]
        for shard in shards { shard.start() }
        let router = Router(shards: shards, store: store, domains: [domain])

        let romeo = try JID("romeo@montague.example/orchard")
        let home = router.home(of: romeo)
        home.shard.submit {
            home.assumeIsolated { home in
                guard case .success(let id) = home.bind(romeo, in: domain, sink: Nobody())
                else { return told.finish() }
                _ = home.enableManagement(of: id, token: "token")
                home.receive(Stanza(.message, type: .chat, to: contact), from: id)
                let isSettled = home.isSettled(
                    token: "token",
                    of: romeo.bare,
                    within: .seconds(10)
                ) {
                    home.assumeIsolated { _ = told.yield($0.outcome(of: "token", romeo)) }
                }
                told.yield(isSettled ? "settled" : "waits")
            }
        }

        var seen: [String] = []
        for await event in events {
            seen.append(event)
            if seen.count == 3 + (isStuck ? 0 : 1) { break }
            guard seen.count == 2 else { continue }
            if isStuck { clock.advance(by: .seconds(11)) } else { opener.finish() }
            for shard in shards { await shard.settle() }
        }
        #expect(Set(seen.prefix(2)) == ["asked to store", "waits"])
        #expect(seen.dropFirst(2) == (isStuck ? ["resumed 1"] : ["stored", "resumed 1"]))
        opener.finish()
        for shard in shards { await shard.stop() }
    }
}

extension RouterShard {
    /// What a client that resumes is told.
    fileprivate func outcome(of token: String, _ user: JID) -> String {
        let sink = SettlingTests.Nobody()
        switch resume(token: token, handled: 0, of: user.bare, sink: sink) {
        case .resumed(_, let handled, _): return "resumed \(handled)"
        case .unknown: return "unknown"
        case .refused: return "refused"
        }
    }
}
