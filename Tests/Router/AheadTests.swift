import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Synchronization
import Testing

@testable import MartletRouter

/// Messages that begin to be stored before their turn.
@Suite(.timeLimit(.minutes(5))) struct AheadTests {
    /// Has each message stored that has a body, and says so; tells of what passes behind it.
    private final class Storing: Module {
        typealias Done = @Sendable (isolated RouterShard, Verdict) -> Void
        let name = "storing"
        /// What happened, in order.
        let said = Mutex<[String]>([])
        private let waiting = Mutex<[Done]>([])

        func register(in registration: inout Registration) throws {
            registration.on(.received, try Match("message"), priority: 10, name: "before") {
                [self] _, stanza, _ throws(StanzaError) in
                say("saw", stanza)
                if stanza.id == "refused" { throw .notAllowed }
                return stanza.id == "twice" ? wait() : .continue
            }
            registration.on(.received, try Match("message"), priority: 5, name: "store") {
                [self] _, stanza, _ in
                guard stanza.child("body", in: XML.contentNamespace) != nil else {
                    return .continue
                }
                say("began", stanza)
                return wait()
            }
            registration.on(.received, try Match("*"), name: "after") { [self] _, stanza, _ in
                say("passed", stanza)
                return .handled
            }
        }

        private func wait() -> Verdict {
            .storing { [self] _, done in waiting.withLock { $0.append(done) } }
        }

        private func say(_ what: String, _ stanza: Stanza) {
            said.withLock { $0.append("\(what) \(stanza.id ?? "")") }
        }

        /// The store answers so many of those that asked, from the one at `place` on.
        func answer(_ shard: isolated RouterShard, at place: Int = 0, _ count: Int) {
            for _ in 0..<count {
                let done = waiting.withLock {
                    $0.indices.contains(place) ? $0.remove(at: place) : nil
                }
                done?(shard, .continue)
            }
        }

        func take() -> [String] {
            said.withLock { said in
                defer { said = [] }
                return said
            }
        }
    }

    private final class Silent: SessionSink {
        let isCongested = false
        func send(_ stanza: Stanza) {}
        func send(nonza: Element) {}
        func close(_ error: StreamError?) {}
        func reportFlush() {}
        func pauseReading() {}
        func resumeReading() {}
    }

    private static let body = "<body>x</body>"

    private static func stanza(_ id: String, _ kind: String = "message", _ content: String = body)
        throws -> Stanza
    {
        let type = kind == "iq" ? "type='set'" : "type='chat'"
        let text = "<\(kind) \(type) id='\(id)' to='juliet@montague.example'>\(content)</\(kind)>"
        return try Stanza(Element.parse(text))
    }

    /// Does something at the home of a client, with what it sends.
    private func play(
        _ body: @Sendable (isolated RouterShard, SessionID, Storing) throws -> Void
    ) async throws {
        let storing = Storing()
        let domain = Domain(try JID("montague.example"), modules: try ModuleSet([storing]))
        let shard = Shard(index: 0)
        shard.start()
        let router = Router(shards: [shard], store: MemoryStore(), domains: [domain])
        try await Self.enter(router.homes[0], domain, storing, body)
        await shard.stop()
    }

    private static func enter(
        _ home: isolated RouterShard,
        _ domain: Domain,
        _ storing: Storing,
        _ body: @Sendable (isolated RouterShard, SessionID, Storing) throws -> Void
    ) throws {
        let romeo = try JID("romeo@montague.example/orchard")
        try body(home, try home.bind(romeo, in: domain, sink: Silent()).get(), storing)
    }

    @Test func `those behind come as far as the store, and pass it in their turn`() async throws {
        try await play { home, romeo, storing in
            for id in ["1", "2", "3"] { home.receive(try Self.stanza(id), from: romeo) }
            #expect(
                storing.take() == ["saw 1", "began 1", "saw 2", "began 2", "saw 3", "began 3"]
            )
            // The last is answered first: it waits for those before it.
            storing.answer(home, at: 2, 1)
            #expect(storing.take().isEmpty)
            storing.answer(home, 2)
            #expect(storing.take() == ["passed 1", "passed 2", "passed 3"])
        }
    }

    @Test func `what need not be stored, or is refused, waits for its turn as well`() async throws {
        try await play { home, romeo, storing in
            home.receive(try Self.stanza("1"), from: romeo)
            home.receive(try Self.stanza("state", "message", ""), from: romeo)
            home.receive(try Self.stanza("refused"), from: romeo)
            home.receive(try Self.stanza("4"), from: romeo)
            #expect(storing.take() == ["saw 1", "began 1", "saw state", "saw refused"])
            storing.answer(home, 1)
            #expect(storing.take() == ["passed 1", "passed state", "saw 4", "began 4"])
            storing.answer(home, 1)
            #expect(storing.take() == ["passed 4"])
        }
    }

    @Test func `nothing begins behind a request, which may change what is stored`() async throws {
        try await play { home, romeo, storing in
            let query = "<query xmlns='urn:example'/>"
            home.receive(try Self.stanza("1"), from: romeo)
            home.receive(try Self.stanza("iq", "iq", query), from: romeo)
            home.receive(try Self.stanza("2"), from: romeo)
            home.receive(try Self.stanza("3"), from: romeo)
            #expect(storing.take() == ["saw 1", "began 1"])
            storing.answer(home, 1)
            // Then the next that waits has those behind it begin.
            #expect(
                storing.take() == ["passed 1", "passed iq", "saw 2", "began 2", "saw 3", "began 3"]
            )
            storing.answer(home, 2)
            #expect(storing.take() == ["passed 2", "passed 3"])
        }
    }

    /// The store answers in its time, and is heard then.
    @Test func `what another handler has stored before begins there`() async throws {
        try await play { home, romeo, storing in
            for id in ["1", "twice", "3"] { home.receive(try Self.stanza(id), from: romeo) }
            #expect(storing.take() == ["saw 1", "began 1", "saw twice"])
            storing.answer(home, at: 1, 1)
            #expect(storing.take().isEmpty)
            storing.answer(home, 1)
            #expect(storing.take() == ["passed 1", "began twice", "saw 3", "began 3"])
            storing.answer(home, 2)
            #expect(storing.take() == ["passed twice", "passed 3"])
        }
    }

    @Test func `no more than a few of one client begin`() async throws {
        try await play { home, romeo, storing in
            for id in 0..<20 { home.receive(try Self.stanza("\(id)"), from: romeo) }
            #expect(storing.take().count { $0.hasPrefix("began") } == 9)
            var said: [String] = []
            for _ in 0..<20 {
                storing.answer(home, 1)
                said += storing.take()
            }
            #expect(said.filter { $0.hasPrefix("passed") } == (0..<20).map { "passed \($0)" })
        }
    }
}
