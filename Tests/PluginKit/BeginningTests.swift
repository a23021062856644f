import CPlugin
import Synchronization
import Testing

@testable import MartletPluginKit

/// Handlers that begin what decides, and do not wait for it themselves.
@Suite struct BeginningTests {
    /// Does what the stanza's id says.
    private final class Beginner: Plugin {
        static let about = PluginDescription("beginner", version: "1.0", "Begins.")
        let begun = Mutex<[Pending]>([])
        let gate = Gate()

        static func register(in registration: borrowing Registration<Beginner>) {
            registration.on(
                .delivery,
                name: "begin",
                beginning: { (plugin, event) throws(StanzaError) in
                    switch event.stanza.id {
                    case "decided": return .decided(.handled)
                    case "fail": throw .conflict
                    case "inside": return .begun { $0.finish(.success(.handled)) }
                    case "later":
                        return .begun { pending in plugin.begun.withLock { $0.append(pending) } }
                    default: return .waiting
                    }
                },
                orWaiting: { (plugin, arrival) async throws(StanzaError) in
                    await plugin.gate.pass()
                    return .replace(arrival.stanza)
                }
            )
        }

        init(_ site: Site, _ settings: NoSettings) {}
    }

    private let plugin: Loaded<Beginner>

    init() throws { plugin = try Loaded(Beginner.self) }

    private func run(_ id: String, in call: FakeCall = FakeCall()) throws -> Int {
        let stanza = try #require(Stanza(.message, type: .chat, to: nil, id: id))
        return try plugin.run("begin", stanza, in: call).verdict
    }

    private var beginner: Beginner {
        get throws { try #require(Instance<Beginner>.plugin(at: plugin.instance)) }
    }

    private var begun: Pending {
        get throws { try #require(beginner.begun.withLock { $0.first }) }
    }

    @Test func `what is decided, or decides at once, asks for no token`() throws {
        for (id, verdict) in [
            ("decided", MARTLET_HANDLED), ("inside", MARTLET_HANDLED), ("fail", MARTLET_ERROR),
        ] {
            let call = FakeCall()
            #expect(try run(id, in: call) == verdict)
            #expect(call.token == 0)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `what decides later completes the call`() async throws {
        let call = FakeCall()
        #expect(try run("later", in: call) == MARTLET_PENDING)
        try begun.finish(.failure(.conflict))
        let completion = await call.completion
        #expect(completion?.verdict == MARTLET_ERROR)
        #expect(completion?.error?.condition == .conflict)
    }

    @Test func `what decides too late does no harm`() throws {
        let call = FakeCall()
        #expect(try run("later", in: call) == MARTLET_PENDING)
        call.timeOut()
        try begun.finish(.success(.handled))
    }

    @Test func `where nobody may wait it fails`() throws {
        let call = FakeCall(mayPend: false)
        #expect(try run("later", in: call) == MARTLET_ERROR)
        #expect(call.decision.error?.condition == .internalServerError)
    }

    @Test(.timeLimit(.minutes(5))) func `or another handler waits`() async throws {
        let call = FakeCall()
        #expect(try run("wait", in: call) == MARTLET_PENDING)
        try beginner.gate.open()
        #expect(await call.completion?.replaced?.id == "wait")
    }
}
