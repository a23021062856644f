import CPlugin
import Testing

@testable import MartletPluginKit

@Suite struct HookTests {
    /// Decides in every way that there is.
    private final class Decider: Plugin {
        static let about = PluginDescription("decider", version: "1.0", "Decides.")

        static func register(in registration: borrowing Registration<Decider>) {
            registration.on(.received, "message", priority: 5, name: "continue") { _, _ in
                .continue
            }
            registration.on(.delivery, name: "handled") { _, _ in .handled }
            registration.on(.delivery, name: "replace") { _, event throws(StanzaError) in
                guard let other = event.stanza.edited(id: .set("other")) else {
                    throw .internalServerError
                }
                return .replace(other)
            }
            registration.on(.delivery, name: "pass") { plugin, event in
                .pass(Value(kind: 9, plugin), replacing: event.stanza)
            }
            registration.on(.delivery, name: "fail") { _, _ throws(StanzaError) in
                throw StanzaError(.forbidden, .auth, "not you", application: XML("x", in: "urn:x"))
            }
            let mend: @Sendable (Decider, borrowing Event) throws(StanzaError) -> Verdict = {
                _,
                event throws(StanzaError) in
                guard event.error?.condition == .conflict else { throw event.error ?? .badRequest }
                return .continue
            }
            registration.on(.delivery, name: "mend", mend: mend) { _, _ in .handled }
            registration.observe(.presence, "presence", name: "observe") { plugin, event in
                event.site.log(.info, "\(event.session?.serial ?? 0)")
            }
            registration.onIQ(.get, "ping", in: "urn:x", to: [.domain, .account]) { _, event in
                event.stanza.id == "empty" ? nil : XML("pong", in: "urn:x")
            }
        }

        init(_ site: Site, _ settings: NoSettings) {}
    }

    private let plugin: Loaded<Decider>
    private let message: Stanza

    init() throws {
        plugin = try Loaded(Decider.self)
        message = try #require(Stanza(.message, type: .chat, to: nil, id: "m1"))
    }

    @Test func `registers what it was told`() throws {
        let first = try plugin.hook("continue")
        #expect(first.phase == MARTLET_PHASE_RECEIVED)
        #expect(first.match == "message")
        #expect(first.priority == 5)
        #expect(first.mend == nil)
        #expect(try plugin.hook("mend").mend != nil)
        #expect(try plugin.hook("handled").match == "*")
        #expect(try plugin.hook("observe").flags == UInt32(MARTLET_HOOK_OBSERVE))
        let request = try plugin.hook("{urn:x}ping")
        #expect(request.name == "get")
        #expect(request.phase == MARTLET_TO_DOMAIN | MARTLET_TO_ACCOUNT)
    }

    @Test func `goes on, or ends the chain`() throws {
        #expect(try plugin.run("continue", message).verdict == MARTLET_CONTINUE)
        #expect(try plugin.run("handled", message).verdict == MARTLET_HANDLED)
    }

    @Test func `goes on with another stanza`() throws {
        let (verdict, decision) = try plugin.run("replace", message)
        #expect(verdict == MARTLET_CONTINUE)
        #expect(decision.replaced?.id == "other")
        #expect(message.id == "m1")
    }

    @Test func `leaves a value for those after it`() throws {
        let (verdict, decision) = try plugin.run("pass", message)
        #expect(verdict == MARTLET_CONTINUE)
        #expect(decision.passed is Decider)
        #expect(decision.replaced?.id == "m1")
    }

    @Test func `tells all of an error`() throws {
        let (verdict, decision) = try plugin.run("fail", message)
        #expect(verdict == MARTLET_ERROR)
        let error = StanzaError(.forbidden, .auth, "not you", application: XML("x", in: "urn:x"))
        #expect(decision.error == error)
    }

    @Test func `mends what failed before it, or lets it be`() throws {
        #expect(try plugin.run("mend", message).verdict == MARTLET_HANDLED)
        let mended = try plugin.run("mend", message, mending: .conflict)
        #expect(mended.verdict == MARTLET_CONTINUE)
        let other = try plugin.run("mend", message, mending: .notAcceptable)
        #expect(other.verdict == MARTLET_ERROR)
        #expect(other.decision.error?.condition == .notAcceptable)
    }

    @Test func `only looks, where there may be no stanza`() throws {
        #expect(try plugin.run("observe").verdict == MARTLET_CONTINUE)
        #expect(plugin.site.lines == ["\(MARTLET_LOG_INFO) 7"])
    }

    @Test func `answers a request with a payload or an empty result`() throws {
        let empty = try #require(Stanza(.iq, type: .get, to: nil, id: "empty", XML("ping")))
        let (verdict, decision) = try plugin.run("{urn:x}ping", empty)
        #expect(verdict == MARTLET_HANDLED)
        #expect(decision.payloads == [])
        let full = try #require(Stanza(.iq, type: .get, to: nil, id: "full", XML("ping")))
        #expect(try plugin.run("{urn:x}ping", full).decision.payloads == ["<pong xmlns='urn:x'/>"])
    }

    @Test func `fails where the server refuses the payload`() throws {
        let request = try #require(Stanza(.iq, type: .get, to: nil, id: "full", XML("ping")))
        let call = FakeCall(takesPayloads: false)
        let (verdict, decision) = try plugin.run("{urn:x}ping", request, in: call)
        #expect(verdict == MARTLET_ERROR)
        #expect(decision.error?.condition == .internalServerError)
    }

    @Test func `passes over a call for no instance`() throws {
        let hook = try plugin.hook("handled")
        #expect(FakeCall().run(hook, of: nil, at: plugin.site, message) == MARTLET_CONTINUE)
        #expect(hook.run?(nil, nil) == Int32(MARTLET_CONTINUE))
    }
}
