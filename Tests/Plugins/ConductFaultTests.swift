import MartletClient
import MartletCore
import MartletPluginHost
import MartletXML
import Testing

/// Plugins that speak as others, reach for what is not theirs, or register nonsense: refused, and said.
@Suite(.timeLimit(.minutes(5)))
struct ConductFaultTests {
    @Test func `lets nobody speak in another's name`() async throws {
        try await FaultScene.with("stranger") { test in
            try await test.mustAnswer("forge")
            for name in [
                "juliet@capulet.example/balcony", "capulet.example", "conference.montague.example",
            ] {
                #expect(test.says("as \(name): -6", of: "stranger"))
                #expect(test.says("to many as \(name): -6", of: "stranger"))
                #expect(
                    test.says("it sent a stanza as \(name), who is not its own", of: "stranger")
                )
            }
            #expect(test.says("no stanza: -1", of: "stranger"))
        }
    }

    @Test func `keeps a plugin to the homes and accounts of its domain`() async throws {
        try await FaultScene.with("stranger") { test in
            try await test.mustAnswer("visit")
            #expect(test.says("visit: -6", of: "stranger"))
            #expect(test.says("no visit: -1", of: "stranger"))
            try await test.mustAnswer("accounts")
            #expect(test.says("roster: -6", of: "stranger"))
            #expect(test.says("password: -6", of: "stranger"))
            #expect(test.says("no answer wanted: -1", of: "stranger"))
            #expect(!test.log.lines.contains { $0.hasPrefix("told of an account") })
        }
    }

    @Test func `keeps a plugin to the collections that it declared`() async throws {
        try await FaultScene.with("stranger") { test in
            try await test.mustAnswer("store")
            for (what, status) in [
                ("undeclared", -6), ("of a stranger", -1), ("of a resource", -1),
                ("all of the domain", -6), ("all of an account", -6),
                ("no operation", -1), ("no condition", -1), ("cut short", -1),
            ] {
                #expect(test.says("\(what): \(status)", of: "stranger"), "\(what)")
            }
            let complaint = "it uses the collection \"secrets\", which it did not declare"
            #expect(test.says(complaint, of: "stranger"))
        }
    }

    @Test func `lends a place for its call and its thread alone`() async throws {
        try await FaultScene.with("places") { test in
            try await test.mustAnswer("keep")
            try await test.mustAnswer("late")
            await test.log.wait(for: "after the call, drops")
            try await test.mustAnswer("elsewhere")
            for when in ["after the call", "on another thread"] {
                for (what, status) in [
                    ("account", 0), ("sessions", -10), ("seen", 0), ("send", -10),
                    ("send_nonza", -10), ("state", 0), ("set_state", -10), ("close", -10),
                    ("drops", 0),
                ] {
                    #expect(test.says("\(when), \(what): \(status)", of: "places"), "\(what)")
                }
            }
        }
    }

    @Test func `refuses every piece of nonsense that is registered`() async throws {
        try await FaultScene.with("nonsense") { test in
            let said = test.log.lines.filter { $0.hasSuffix(" plugin=nonsense") }
            let results = said.filter { !$0.hasPrefix("it cannot register that") }
                .compactMap { $0.split(separator: " ").dropLast().last.flatMap { Int($0) } }
            #expect(results.count > 30, "\(said)")
            #expect(!results.contains { $0 > 0 && $0 != 20 }, "\(said)")
            for complaint in [
                "there is no phase 99", "the hook has no function", "no match reads \"iq[[/{\"",
                "the hook is cut short", "there is no kind of item 99", "\"a\" is no category/type",
                "\"a@b/\" is no label of a domain", "a collection has a name",
                "the item has no function", "the item is cut short",
            ] {
                let line = "it cannot register that: \(complaint) plugin=nonsense"
                #expect(said.contains(line), "\(complaint)")
            }
        }
    }

    @Test func `leaves out one whose handlers have no order`() async throws {
        try await FaultScene.with("tied") { test in
            let reason = "tied and tied ask for the same match and priority in phase received"
            let line = "a plugin is not at work plugin=tied reason=\(reason)"
            #expect(test.log.lines.contains(line), "\(test.log.lines)")
        }
    }

    @Test func `answers for a plugin that fails everywhere`() async throws {
        try await FaultScene.with("failing") { test in
            let juliet = JID(prepared: "juliet", "capulet.example", "balcony")
            let hers = try await test.scene.enter(juliet)
            await test.romeo.sendPresence()
            await hers.sendPresence()
            await test.romeo.send("is anybody there?", to: juliet)
            let answer = try await test.romeo.request(
                .get,
                to: FaultScene.romeo.domain,
                Element("ping", in: "urn:xmpp:ping")
            )
            #expect(answer.type == .result)
            let failure = try await test.ask("anything")
            #expect(failure.error?.condition == .internalServerError)
            #expect(test.says("a handler failed at phase received", of: "failing"))
        }
    }
}
