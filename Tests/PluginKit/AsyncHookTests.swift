import CPlugin
import Testing

@testable import MartletPluginKit

@Suite struct AsyncHookTests {
    /// Waits at a gate, and then decides as the stanza's id says.
    private final class Waiter: Plugin {
        static let about = PluginDescription("waiter", version: "1.0", "Waits.")
        let gate = Gate()

        static func register(in registration: borrowing Registration<Waiter>) {
            registration.on(.delivery, name: "inline", async: decide)
            registration.on(.delivery, name: "late", timeout: .seconds(2)) {
                (plugin, arrival) async throws(StanzaError) -> Verdict in
                await plugin.gate.pass()
                return try await decide(plugin, arrival)
            }
            registration.on(
                .delivery,
                name: "either",
                { _, event in event.stanza.id == "quick" ? .handled : nil },
                orWaiting: { (plugin, arrival) async throws(StanzaError) in
                    await plugin.gate.pass()
                    return try await decide(plugin, arrival)
                }
            )
            registration.onIQ(.set, "query", in: "urn:x", to: .account) {
                (plugin, arrival) async throws(StanzaError) -> XML? in
                await plugin.gate.pass()
                return XML("item", in: "urn:x", ["of": arrival.stanza.id])
            }
        }

        @Sendable private static func decide(
            _ plugin: Waiter,
            _ arrival: Arrival
        ) async throws(StanzaError) -> Verdict {
            switch arrival.stanza.id {
            case "handled": return .handled
            case "replace": return .replace(arrival.stanza)
            case "pass": return .pass(Value(kind: 1, plugin), replacing: nil)
            case "reply": return .reply(XML("x", in: "urn:x"))
            case "fail": throw .notAcceptable
            default: return .continue
            }
        }

        init(_ site: Site, _ settings: NoSettings) {}
    }

    private let plugin: Loaded<Waiter>

    init() throws { plugin = try Loaded(Waiter.self) }

    private var waiter: Waiter {
        get throws { try #require(Instance<Waiter>.plugin(at: plugin.instance)) }
    }

    private func stanza(_ id: String) throws -> Stanza {
        try #require(Stanza(.message, type: .chat, to: nil, id: id))
    }

    @Test(arguments: [
        ("continue", MARTLET_CONTINUE), ("handled", MARTLET_HANDLED), ("fail", MARTLET_ERROR),
        ("replace", MARTLET_CONTINUE), ("pass", MARTLET_CONTINUE), ("reply", MARTLET_HANDLED),
    ])
    func `decides within the call what it need not wait for`(id: String, verdict: Int) throws {
        let call = FakeCall()
        let said = try plugin.run("inline", stanza(id), in: call)
        #expect(said.verdict == verdict)
        #expect(call.token == 0)
        #expect((said.decision.error == .notAcceptable) == (id == "fail"))
        #expect((said.decision.replaced != nil) == (id == "replace"))
        #expect((said.decision.passed != nil) == (id == "pass"))
        #expect(said.decision.payloads == (id == "reply" ? ["<x xmlns='urn:x'/>"] : []))
    }

    @Test(arguments: [
        ("continue", MARTLET_CONTINUE), ("handled", MARTLET_HANDLED), ("fail", MARTLET_ERROR),
        ("replace", MARTLET_CONTINUE), ("pass", MARTLET_CONTINUE), ("reply", MARTLET_HANDLED),
    ])
    func `completes later what it waits for`(id: String, verdict: Int) async throws {
        let call = FakeCall()
        #expect(try plugin.run("late", stanza(id), in: call).verdict == MARTLET_PENDING)
        #expect(call.token != 0)
        try waiter.gate.open()
        let completion = try #require(await call.completion)
        #expect(completion.verdict == verdict)
        #expect(completion.error?.condition == (id == "fail" ? .notAcceptable : nil))
        #expect((completion.replaced?.id == "replace") == (id == "replace"))
        #expect((call.decision.passed is Waiter) == (id == "pass"))
        #expect(completion.payload == (id == "reply" ? "<x xmlns='urn:x'/>" : ""))
    }

    @Test func `asks for its own deadline`() throws {
        #expect(try plugin.hook("late").timeout == 2000)
        #expect(try plugin.hook("inline").timeout == 0)
    }

    @Test func `fails where nobody may wait`() throws {
        let call = FakeCall(mayPend: false)
        let (verdict, decision) = try plugin.run("late", stanza("handled"), in: call)
        #expect(verdict == MARTLET_ERROR)
        #expect(decision.error?.condition == .internalServerError)
        try waiter.gate.open()
    }

    @Test func `lets go of what it leaves, in time or not`() async throws {
        for isLate in [false, true] {
            let plugin = try Loaded(Waiter.self)
            let waiter = try #require(Instance<Waiter>.plugin(at: plugin.instance))
            let call = FakeCall()
            #expect(try plugin.run("late", stanza("pass"), in: call).verdict == MARTLET_PENDING)
            if isLate { call.timeOut() }
            waiter.gate.open()
            let completion = try #require(await call.completion)
            #expect(completion.isTaken == !isLate)
            #expect(call.dropCount == 1)
        }
    }

    @Test func `answers a request later`() async throws {
        let request = try #require(Stanza(.iq, type: .set, to: nil, id: "q<1", XML("query")))
        let call = FakeCall()
        #expect(try plugin.run("{urn:x}query", request, in: call).verdict == MARTLET_PENDING)
        try waiter.gate.open()
        let completion = try #require(await call.completion)
        #expect(completion.verdict == MARTLET_HANDLED)
        #expect(completion.payload == "<item xmlns='urn:x' of='q&lt;1'/>")
    }

    @Test func `completes with an error where the server refuses the payload`() async throws {
        let request = try #require(Stanza(.iq, type: .set, to: nil, id: "q1", XML("query")))
        let call = FakeCall(takesPayloads: false)
        #expect(try plugin.run("{urn:x}query", request, in: call).verdict == MARTLET_PENDING)
        try waiter.gate.open()
        let completion = try #require(await call.completion)
        #expect(completion.verdict == MARTLET_ERROR)
        #expect(completion.error?.condition == .internalServerError)
    }

    @Test func `waits only where it cannot decide at once`() async throws {
        let quick = FakeCall()
        #expect(try plugin.run("either", stanza("quick"), in: quick).verdict == MARTLET_HANDLED)
        #expect(quick.token == 0)
        let slow = FakeCall()
        #expect(try plugin.run("either", stanza("handled"), in: slow).verdict == MARTLET_PENDING)
        try waiter.gate.open()
        #expect(await slow.completion?.verdict == MARTLET_HANDLED)
    }
}
