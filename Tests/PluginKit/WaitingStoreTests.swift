import CPlugin
import Testing

@testable import MartletPluginKit

/// Handlers that wait for the store, and nothing else.
@Suite struct WaitingStoreTests {
    /// Appends every stanza, and replaces it by one with the entry's number for an id.
    private final class Appender: Plugin {
        static let about = PluginDescription("appender", version: "1.0", "Appends.")
        let gate = Gate()
        private let store: Store

        static func register(in registration: borrowing Registration<Appender>) {
            registration.on(
                .delivery,
                name: "append",
                beginning: { (plugin, event) throws(StanzaError) in
                    plugin.store.append(
                        event.stanza,
                        to: "log",
                        at: Timestamp(microseconds: 5),
                        columns: ["peer": "juliet@capulet.example", "kind": "chat"],
                        for: event
                    ) { (event, result) throws(StanzaError) in
                        guard case .success(let number) = result else { throw .conflict }
                        guard let copy = event.stanza.edited(id: .set("\(number)")) else {
                            throw .internalServerError
                        }
                        return .replace(copy)
                    }
                },
                orWaiting: { (plugin, _) async throws(StanzaError) in
                    await plugin.gate.pass()
                    return .handled
                }
            )
        }

        init(_ site: Site, _ settings: NoSettings) { store = site.store }
    }

    private let store = FakeStore()
    private let plugin: Loaded<Appender>
    private let stanza: Stanza

    init() throws {
        plugin = try Loaded(Appender.self, store: store.table)
        stanza = try #require(Stanza(.message, type: .chat, to: nil, id: "1"))
    }

    private func goOn(_ call: FakeCall, _ number: Int64?, _ status: Int = MARTLET_OK) -> Int {
        call.goOn(at: plugin.site, stanza) { store.tellWaiter(number, status: status, $0) }
    }

    @Test func `the store is given the stanza as it is written`() throws {
        #expect(try plugin.run("append", stanza).verdict == MARTLET_PENDING)
        let asked = try #require(store.asked.first)
        #expect(asked.what == MARTLET_APPEND)
        #expect(asked.collection == "log")
        #expect(asked.value == stanza.xml.text)
        #expect(asked.columns == ["kind=chat", "peer=juliet@capulet.example"])
        #expect(asked.numbers.first == 5)
    }

    @Test func `who waits decides with the number, and without a token`() throws {
        let call = FakeCall()
        #expect(try plugin.run("append", stanza, in: call).verdict == MARTLET_PENDING)
        #expect(call.token == 0)
        #expect(goOn(call, 42) == MARTLET_CONTINUE)
        #expect(call.decision.replaced?.id == "42")
    }

    @Test(arguments: [MARTLET_OK, MARTLET_EIO])
    func `or fails where there is none`(status: Int) throws {
        let call = FakeCall()
        #expect(try plugin.run("append", stanza, in: call).verdict == MARTLET_PENDING)
        #expect(goOn(call, nil, status) == MARTLET_ERROR)
        #expect(call.decision.error?.condition == .conflict)
    }

    @Test(.timeLimit(.minutes(5)))
    func `where the store does not take it, the other handler waits`() async throws {
        store.refuse(MARTLET_EFORBIDDEN)
        let call = FakeCall()
        #expect(try plugin.run("append", stanza, in: call).verdict == MARTLET_PENDING)
        try #require(Instance<Appender>.plugin(at: plugin.instance)).gate.open()
        #expect(await call.completion?.verdict == MARTLET_HANDLED)
    }
}
