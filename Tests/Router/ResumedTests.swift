import MartletCore
import MartletNet
import MartletRouter
import MartletStorage
import MartletXML
import Testing

@Suite(.timeLimit(.minutes(5))) struct ResumedTests {
    /// Sends something to whoever comes back.
    private struct Greeter: Module {
        let name = "greeter"

        func register(in registration: inout Registration) throws {
            registration.onSession { shard, session, event in
                guard event == .resumed else { return }
                shard.send(
                    Stanza(.message, type: .chat, to: session.jid, id: "welcome"),
                    to: session
                )
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

    /// XEP-0198 §5: what is sent on resumption is written once, and behind what was missed.
    @Test(arguments: [1, 1_000])
    func `tells modules of a resumed session before anything is written to it`(
        limit: Int
    ) async throws {
        let romeo = try JID("romeo@montague.example/orchard")
        var limits = DomainLimits()
        limits.unacknowledgedStanzas = limit
        let domain = Domain(romeo.domain, limits: limits, modules: try ModuleSet([Greeter()]))
        let shard = Shard(index: 0)
        shard.start()
        let router = Router(shards: [shard], store: MemoryStore(), domains: [domain])
        let home = router.home(of: romeo)
        let missed: [String?] = await withCheckedContinuation { continuation in
            shard.submit {
                home.assumeIsolated { home in
                    guard case .success(let id) = home.bind(romeo, in: domain, sink: Nobody()),
                        home.enableManagement(of: id, token: "token") != nil,
                        let session = home.session(serial: id.serial)
                    else { return continuation.resume(returning: ["not bound"]) }
                    home.detach(id)
                    home.send(Stanza(.message, type: .chat, to: romeo, id: "missed"), to: session)
                    let outcome = home.resume(
                        token: "token",
                        handled: 0,
                        of: romeo.bare,
                        sink: Nobody()
                    )
                    guard case .resumed(_, handled: _, let missed) = outcome else {
                        return continuation.resume(returning: ["not resumed"])
                    }
                    continuation.resume(returning: missed.map(\.id))
                }
            }
        }
        // More than may be unacknowledged ends the session, as it does at other times.
        #expect(missed == (limit == 1 ? ["not resumed"] : ["missed", "welcome"]))
        await shard.stop()
    }
}
