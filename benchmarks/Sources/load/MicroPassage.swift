import MartletCore
import MartletNet
import MartletRouter
import MartletStorage
import MartletXML

/// A message's way through the router: from one session to another of the same shard, no network.
enum Passage {
    static let name = "route a message"

    static func measure(_ stopwatch: Stopwatch) async throws -> StepCost {
        let shard = Shard(index: 0)
        shard.start()
        let domain = Domain(try JID("capulet.example"), modules: try ModuleSet([]))
        let router = Router(shards: [shard], store: MemoryStore(), domains: [domain])
        let cost = try await router.homes[0].passed(in: domain, stopwatch)
        await shard.stop()
        return cost
    }
}

extension RouterShard {
    /// Measures how one session writes to another.
    fileprivate func passed(in domain: Domain, _ stopwatch: Stopwatch) throws -> StepCost {
        let listener = Counter()
        let juliet = try JID(Micro.address)
        _ = try bind(juliet, in: domain, sink: listener).get()
        let nurse = try JID("nurse@capulet.example/hall")
        let session = try bind(nurse, in: domain, sink: Counter()).get()
        let stanza = try Stanza(Element(parsing: Array(Micro.message.utf8)))
        var sent = 0
        let cost = stopwatch.measure(batch: Stopwatch.batch) {
            for _ in 0..<Stopwatch.batch { receive(stanza, from: session) }
            sent += Stopwatch.batch
        }
        guard listener.count == sent else {
            throw LoadError("\(listener.count) of \(sent) messages came")
        }
        return cost
    }
}

/// A client that counts what it gets.
///
/// Unchecked: called on its shard alone.
private final class Counter: SessionSink, @unchecked Sendable {
    private(set) var count = 0

    func send(_ stanza: Stanza) { count += 1 }
    func send(nonza: Element) {}
    func close(_ error: StreamError?) {}
    var isCongested: Bool { false }
    func reportFlush() {}
    func pauseReading() {}
    func resumeReading() {}
}
