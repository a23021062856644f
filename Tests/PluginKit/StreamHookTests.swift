import CPlugin
import Testing

@testable import MartletPluginKit

/// Handlers of streams that have no resource yet.
@Suite struct StreamHookTests {
    private final class Doorkeeper: Plugin {
        static let about = PluginDescription("doorkeeper", version: "1.0", "Asks who is there.")
        let gate = Gate()

        static func register(in registration: borrowing Registration<Doorkeeper>) {
            registration.streamFeature(XML("door", in: "urn:x"), .beforeLogin)
            registration.streamFeature(XML("hall", in: "urn:x"), .beforeBind)
            registration.on(.stream, "iq", name: "ask") { _, event in
                guard let stream = event.stream else { return .continue }
                event.sendToStream(XML("who", in: "urn:x", ["peer": stream.peer]))
                return .reply(XML("from", in: "urn:x", ["domain": stream.domain]))
            }
            registration.on(.stream, "iq", name: "enter") { _, event throws(StanzaError) in
                guard let stream = event.stream, stream.isEncrypted,
                    let address = JID("romeo@\(stream.domain)/orchard")
                else { throw .notAcceptable }
                return .logIn(address, nil)
            }
            registration.on(.stream, "iq", name: "later") {
                (plugin, arrival) async throws(StanzaError) -> Verdict in
                await plugin.gate.pass()
                guard let account = arrival.stream?.account else { throw .notAuthorized }
                return .logIn(account, XML("in", in: "urn:x"))
            }
        }

        init(_ site: Site, _ settings: NoSettings) {}
    }

    private let plugin: Loaded<Doorkeeper>
    private let request: Stanza
    private let stream = FakeStream(
        domain: "montague.example",
        peer: "192.0.2.1",
        account: "romeo@montague.example"
    )

    init() throws {
        plugin = try Loaded(Doorkeeper.self)
        request = try #require(Stanza(.iq, type: .set, to: nil, id: "1", XML("x", in: "urn:x")))
    }

    @Test func `stream features are told with their moment`() {
        let features = plugin.whole.items.filter { $0.kind == MARTLET_ITEM_STREAM }
        #expect(features.map(\.flags) == [MARTLET_BEFORE_LOGIN, MARTLET_BEFORE_BIND])
        #expect(features.map(\.value) == ["<door xmlns='urn:x'/>", "<hall xmlns='urn:x'/>"])
    }

    @Test func `a handler knows the stream, writes to it, and answers`() throws {
        let call = FakeCall(stream: stream)
        let (verdict, decision) = try plugin.run("ask", request, in: call)
        #expect(verdict == MARTLET_HANDLED)
        #expect(stream.written == ["<who xmlns='urn:x' peer='192.0.2.1'/>"])
        #expect(decision.payloads == ["<from xmlns='urn:x' domain='montague.example'/>"])
    }

    @Test func `elsewhere there is no stream`() throws {
        let (verdict, decision) = try plugin.run("ask", request)
        #expect(verdict == MARTLET_CONTINUE)
        #expect(decision.payloads == [])
    }

    @Test func `a client is let in, or told why it is not`() throws {
        let (verdict, decision) = try plugin.run("enter", request, in: FakeCall(stream: stream))
        #expect(verdict == MARTLET_HANDLED)
        #expect(decision.login == "romeo@montague.example/orchard")
        let refused = try plugin.run("enter", request)
        #expect(refused.verdict == MARTLET_ERROR)
        #expect(refused.decision.login == nil)
        #expect(refused.decision.error?.condition == .notAcceptable)
    }

    @Test(.timeLimit(.minutes(5))) func `one that waits keeps what the stream was`() async throws {
        let completion = try await completion(on: stream)
        #expect(completion?.verdict == MARTLET_HANDLED)
        #expect(completion?.login == "romeo@montague.example")
        #expect(completion?.payload == "<in xmlns='urn:x'/>")
        let stranger = FakeStream(domain: "montague.example", peer: "192.0.2.1")
        #expect(try await self.completion(on: stranger)?.error?.condition == .notAuthorized)
    }

    /// What a handler that waited came to.
    private func completion(on stream: FakeStream) async throws -> FakeCall.Completion? {
        let plugin = try Loaded(Doorkeeper.self)
        let call = FakeCall(stream: stream)
        #expect(try plugin.run("later", request, in: call).verdict == MARTLET_PENDING)
        try #require(Instance<Doorkeeper>.plugin(at: plugin.instance)).gate.open()
        return await call.completion
    }
}
