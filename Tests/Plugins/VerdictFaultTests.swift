import MartletCore
import MartletXML
import Testing

/// Plugins that decide rubbish, twice, too late or never: the sender gets its one answer all the same.
@Suite(.timeLimit(.minutes(5)))
struct VerdictFaultTests {
    private let plugin = "verdicts"

    /// What a sender is told, and the line that says who did it.
    @Test(arguments: [
        ("rubbish", "it gave the verdict 77, which is none"),
        ("no-token", "it said pending without a token"),
        ("wordless", "a handler failed at phase domain"),
        ("odd-error", "a handler failed at phase domain"),
        ("odd-completion", "it completed with the verdict -5, which is none"),
        ("answered", "it answered a hook as if it were a command"),
    ])
    func `becomes an error, and is said`(request: String, complaint: String) async throws {
        try await FaultScene.with(plugin) { test in
            let answer = try await test.ask(request)
            #expect(answer.error?.condition == .internalServerError)
            #expect(test.says(complaint, of: plugin), "\(test.log.lines)")
        }
    }

    @Test func `logs a burst of failures as one line`() async throws {
        try await FaultScene.with(plugin) { test in
            for _ in 0..<20 { _ = try await test.ask("wordless") }
            let lines = test.log.lines.filter { $0.hasPrefix("a handler failed") }
            #expect(lines.count == 1)
        }
    }

    @Test func `refuses a payload that is no XML, and answers`() async throws {
        try await FaultScene.with(plugin) { test in
            try await test.mustAnswer("odd-reply")
            #expect(test.says("a reply of rubbish: -1", of: plugin))
            #expect(test.says("a reply of bytes: -1", of: plugin))
        }
    }

    @Test func `takes the first of two completions`() async throws {
        try await FaultScene.with(plugin) { test in
            let answer = try await test.ask("twice")
            #expect(answer.payload?.name == "once")
            #expect(test.says("the first completion: 0", of: plugin))
            #expect(test.says("the second completion: -9", of: plugin))
        }
    }

    @Test func `takes a decision before a token`() async throws {
        try await FaultScene.with(plugin) { test in
            try await test.mustAnswer("changed-mind")
        }
    }

    @Test func `tells completions that make no sense`() async throws {
        try await FaultScene.with(plugin) { test in
            _ = try await test.ask("odd-completion")
            for (what, status) in [
                ("a completion cut short", -1), ("a completion with rubbish", -1),
                ("no completion", -1), ("an odd completion", 0),
            ] {
                #expect(test.says("\(what): \(status)", of: plugin), "\(what)")
            }
            try await test.mustAnswer("made-up")
            let made = test.log.lines.filter { $0.hasPrefix("a token made up: -9 ") }
            #expect(made.count == 5)
        }
    }

    @Test func `answers for one that never decides, and takes nothing after that`() async throws {
        try await FaultScene.with(plugin) { test in
            let answer = try await test.ask("never")
            #expect(answer.error?.condition == .remoteServerTimeout)
            #expect(test.says("a handler did not decide within 0.05 seconds", of: plugin))
            try await test.mustAnswer("late")
            #expect(test.says("a late completion: -9", of: plugin))
        }
    }

    @Test func `takes nothing from one that has been stopped`() async throws {
        try await FaultScene.with(plugin) { test in
            async let answer = test.ask("forever")
            await test.log.wait(for: "waiting")
            try await test.scene.server.reload(
                FaultScene.settings(without: plugin, in: "montague.example")
            )
            let last = try await answer
            #expect(last.error?.condition == .serviceUnavailable)
            #expect(test.says("a completion after stop: -9", of: plugin))

            let juliet = JID(prepared: "juliet", "capulet.example", "balcony")
            let hers = try await test.scene.enter(juliet)
            let past = Element("past", in: "urn:fault")
            let told = try await hers.request(.get, to: juliet.domain, past)
            #expect(told.type == .result)
            for (what, status) in [
                ("a stanza after stop", -8), ("a handler after stop", 0),
                ("an interface after stop", 0), ("a timer after stop", 0),
            ] {
                let line = "\(what): \(status) domain=capulet.example plugin=\(plugin)"
                #expect(test.log.lines.contains(line), "\(what)")
            }
        }
    }

    @Test func `waits for one that never stops, but not for ever`() async throws {
        try await FaultScene.with("lingering") { test in
            try await test.scene.server.reload(FaultScene.settings(without: "lingering"))
            #expect(test.says("it did not stop in time", of: "lingering"))
        }
    }
}
