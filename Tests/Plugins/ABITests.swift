import Foundation
import MartletPluginHost
import MartletTesting
import Testing

/// The header against the one last released, and plugins that were built with that one.
@Suite(.timeLimit(.minutes(5)))
struct ABITests {
    private static let script = Workshop.root.appending(path: "Sources/C/abi-check").path
    private static let released = Workshop.root
        .appending(path: "Sources/C/Plugin/released/martlet_plugin_1_0.h")

    /// Runs the check on a released header with some changes made to it.
    private static func check(_ changes: [(String, String)]) async throws -> String {
        let workshop = try Workshop()
        var text = try String(contentsOf: released, encoding: .utf8)
        for (old, new) in changes {
            try #require(text.contains(old), "the header has no \(old)")
            text = text.replacingOccurrences(of: old, with: new)
        }
        let header = workshop.folder.appending(path: "martlet_plugin.h")
        try text.write(to: header, atomically: true, encoding: .utf8)
        return try await Workshop.run(script, [header.path, released.path])
    }

    @Test(arguments: ["1.0", "1.1", "1.2"])
    func `today's header keeps what was released`(version: String) async throws {
        let name = "martlet_plugin_\(version.replacing(".", with: "_")).h"
        let released = Self.released.deletingLastPathComponent().appending(path: name)
        let said = try await Workshop.run(Self.script, [Workshop.header.path, released.path])
        #expect(said.contains("keeps \(version): "))
    }

    @Test func `today's header is held to the one last released`() async throws {
        let said = try await Workshop.run(Self.script, [])
        #expect(said.contains("plugin ABI 1.3 keeps 1.2: "))
    }

    @Test(arguments: [
        ("    int32_t verdict;\n", "", "martlet_outcome.verdict is gone"),
        (
            "uint32_t kind;           /* M", "uint64_t kind; /* M",
            "martlet_event.kind has another type"
        ),
        (
            "    uint32_t phase;\n    uint32_t kind;", "    uint32_t kind;\n    uint32_t phase;",
            "martlet_event.phase was at 4"
        ),
        (
            "    int32_t priority;        /* t", "    uint32_t priority; /* t",
            "martlet_hook.priority has another type"
        ),
        (
            "(*reply)(martlet_event *, martlet_str payload)", "(*reply)(martlet_event *)",
            "martlet_core.reply has another type"
        ),
        (
            "(*martlet_timer_fn)(void *ud, uint64_t timer)", "(*martlet_timer_fn)(void *ud)",
            "martlet_timer_fn has another type"
        ),
        ("MARTLET_HANDLED = 1,", "MARTLET_HANDLED = 7,", "MARTLET_HANDLED was 1"),
        (
            "MARTLET_TYPE_GET = 1, MARTLET_TYPE_SET,", "MARTLET_TYPE_SET = 1,",
            "MARTLET_TYPE_GET is gone"
        ),
        (
            "#define MARTLET_ANY_VERSION 0", "#define MARTLET_ANY_VERSION 5",
            "MARTLET_ANY_VERSION was 0"
        ),
        (
            "\"martlet_plugin_entry\"", "\"entry\"",
            "MARTLET_ENTRY_SYMBOL was \"martlet_plugin_entry\""
        ),
        (
            "typedef uint64_t martlet_token;", "typedef int32_t martlet_token;",
            "martlet_token was uint64_t"
        ),
        (
            "martlet_str name, value; } martlet_pair;",
            "martlet_str name, value, more; } martlet_pair;",
            "martlet_pair has no size field and may not grow"
        ),
        (
            "uint8_t is_encrypted, is_authenticated;",
            "uint8_t is_encrypted, is_authenticated, is_new;",
            "martlet_stream.is_new stands where old plugins end"
        ),
        (
            "MARTLET_EPLACE = -10 ", "MARTLET_EPLACE = -10, MARTLET_ENEW = -11 ",
            "MARTLET_ABI_MINOR must grow"
        ),
        (
            "MARTLET_ABI_MAJOR 1u", "MARTLET_ABI_MAJOR 2u",
            "another one refuses every plugin there is"
        ),
    ])
    func `finds a change that breaks plugins`(old: String, new: String, reason: String) async throws
    {
        let fault = await #expect(throws: WorkshopFault.self) {
            _ = try await Self.check([(old, new)])
        }
        #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
    }

    private static let longerHead = (
        "    martlet_str to, from;\n} martlet_head;",
        "    martlet_str to, from, id;\n} martlet_head;"
    )

    @Test func `takes what is appended, under a new tag and a new minor version`() async throws {
        let tag = ("MARTLET_RECORD(martlet_head, 0)", "MARTLET_RECORD(martlet_head, 1)")
        let minor = ("MARTLET_ABI_MINOR 0u", "MARTLET_ABI_MINOR 1u")
        #expect(
            try await Self.check([Self.longerHead, tag, minor]).contains("plugin ABI 1.1 keeps 1.0")
        )
        for forgotten in [[Self.longerHead, tag], [Self.longerHead, minor]] {
            await #expect(throws: WorkshopFault.self) { try await Self.check(forgotten) }
        }
    }

    @Test func `a plugin that was built with the first version is at work`() async throws {
        let workshop = try Workshop()
        let headers = workshop.folder.appending(path: "include")
        try FileManager.default.createDirectory(at: headers, withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            at: Self.released,
            to: headers.appending(path: "martlet_plugin.h")
        )
        let source = ExampleTests.examples.appending(path: "c/keyword.c")
        try await workshop.compile(source, as: "keyword-c", including: headers)
        try await ExampleTests.play([.c], in: workshop)
    }
}
