import Foundation
import MartletPluginHost
import MartletServer
import MartletTesting
import Testing

/// Files that are no plugins, and plugins that cannot be at work: each is named in the log with why, and
/// the others go on.
@Suite(.timeLimit(.minutes(5)))
struct LoadingFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let flags: [String]
        /// What the log says of it.
        let reason: String

        init(_ name: String, _ flags: [String], _ reason: String) {
            self.name = name
            self.flags = flags + ["-DNAME=\"\(name)\""]
            self.reason = reason
        }

        var testDescription: String { name }
    }

    static let faults = [
        Fault("no-entry", ["-DNO_ENTRY"], "it has no function martlet_plugin_entry"),
        Fault("null-entry", ["-DNULL_ENTRY"], "it describes nothing"),
        Fault("magic", ["-DMAGIC=0x12345678"], "what it describes is no plugin of Martlet's"),
        Fault("abi-99", ["-DMAJOR=99"], "it was built for ABI 99.3; this server has 1.3"),
        Fault("newer", ["-DMINOR=7"], "it was built for ABI 1.7; this server has 1.3"),
        Fault("truncated", ["-DSIZE=64"], "its description is cut short"),
        Fault(
            "edge",
            ["-DAT_THE_EDGE", "-DSIZE=16", "-D_GNU_SOURCE"],
            "its description is cut short"
        ),
        Fault("startless", ["-DNO_START"], "one of load, start and stop is missing"),
        Fault(
            "schema",
            ["-DSETTINGS=\"{\""],
            "the schema of its settings is not understood: it is not JSON"
        ),
        Fault("needy", ["-DNEEDS=\"moon/1\""], "nobody offers what it needs: moon/1"),
        Fault("undefined", ["-DUNDEFINED"], "undefined symbol: martlet_nowhere_defined"),
        Fault(
            "start-refuses",
            ["-DSTART_REFUSES", "-DSTART_REASON=\"the moon is full\""],
            "it did not start at montague.example: the moon is full"
        ),
        Fault(
            "start-silent",
            ["-DSTART_REFUSES"],
            "it did not start at montague.example: it said no why"
        ),
        Fault("load-refuses", ["-DLOAD_REFUSES", "-DLOAD_REASON=\"no moon\""], "it did not load"),
        Fault("load-silent", ["-DLOAD_REFUSES"], "it did not load"),
    ]

    private static let source = FaultScene.sources.appending(path: "descriptor.c")

    @Test(arguments: faults)
    func `is named in the log, and the server serves`(_ fault: Fault) async throws {
        let workshop = try Workshop()
        try await workshop.compile(Self.source, as: fault.name, fault.flags)
        try await FaultScene.with([fault.name], from: workshop) { test in
            let line = test.log.lines.first {
                $0.hasPrefix("a plugin is not at work plugin=\(fault.name) ")
            }
            #expect(line?.contains(fault.reason) == true, "\(test.log.lines)")
        }
    }

    @Test func `says what a plugin said when it refused to load`() async throws {
        let workshop = try Workshop()
        let flags = ["-DLOAD_REFUSES", "-DLOAD_REASON=\"no moon\"", "-DNAME=\"moonless\""]
        try await workshop.compile(Self.source, as: "moonless", flags)
        try await FaultScene.with(["moonless"], from: workshop) { test in
            #expect(test.log.lines.contains("it did not load: no moon plugin=moonless"))
        }
    }

    @Test func `names a plugin that bears a name no key can be`() async throws {
        let workshop = try Workshop()
        try await workshop.compile(Self.source, as: "shouting", ["-DNAME=\"LOUD\""])
        try await FaultScene.with([], from: workshop) { test in
            let reason = "its name is \"LOUD\"; lower case letters, digits, - are"
            #expect(
                test.log.lines.contains("a plugin is not at work plugin=shouting reason=\(reason)")
            )
        }
    }

    @Test func `takes the first of two with one name`() async throws {
        let workshop = try Workshop()
        for file in ["one", "two"] {
            try await workshop.compile(Self.source, as: file, ["-DNAME=\"double\""])
        }
        try await FaultScene.with(["double"], from: workshop) { test in
            let first = workshop.plugin("one").path
            #expect(test.log.lines.contains { $0.contains("\(first) has that name already") })
        }
    }

    @Test func `names the library that a plugin misses`() async throws {
        let workshop = try Workshop()
        let library = workshop.folder.appending(path: "libgone.so")
        let code = workshop.folder.appending(path: "gone.c")
        try "int gone(void) { return 1; }".write(to: code, atomically: true, encoding: .utf8)
        try await Workshop.run("cc", ["-shared", "-fPIC", "-o", library.path, code.path])
        let flags = ["-DMISSING", "-DNAME=\"missing\"", library.path]
        try await workshop.compile(Self.source, as: "missing", flags)
        try FileManager.default.removeItem(at: library)
        try await FaultScene.with([], from: workshop) { test in
            let line = test.log.lines.first { $0.contains("plugin=missing") }
            #expect(line?.contains("libgone.so: cannot open shared object file") == true)
        }
    }

    @Test func `takes what is no shared object for none`() async throws {
        let workshop = try Workshop()
        let texts = [
            "text": "I am no plugin", "empty": "", "half": "\u{7F}ELF\u{2}\u{1}\u{1}\u{0}",
        ]
        for (name, text) in texts {
            try text.write(to: workshop.plugin(name), atomically: true, encoding: .utf8)
        }
        try FileManager.default.createDirectory(
            at: workshop.plugin("folder"),
            withIntermediateDirectories: false
        )
        try FileManager.default.createSymbolicLink(
            at: workshop.plugin("dangling"),
            withDestinationURL: workshop.folder.appending(path: "nowhere")
        )
        try await FaultScene.with([], from: workshop) { test in
            for name in ["text", "empty", "half", "folder", "dangling"] {
                let line = test.log.lines.first {
                    $0.hasPrefix("a plugin is not at work plugin=\(name) reason=")
                }
                #expect(line?.contains(workshop.plugin(name).path) == true, "\(name)")
            }
        }
    }

    @Test func `goes on when all faults come at once`() async throws {
        let workshop = try Workshop()
        for fault in Self.faults {
            try await workshop.compile(Self.source, as: fault.name, fault.flags)
        }
        let names = Self.faults.map(\.name)
        try await FaultScene.with(names, from: workshop) { test in
            for name in names {
                #expect(test.log.lines.contains { $0.contains("plugin=\(name) ") }, "\(name)")
            }
        }
    }

    @Test func `does not start without a plugin that is required`() async throws {
        let workshop = try Workshop()
        let flags = ["-DSTART_REFUSES", "-DSTART_REASON=\"no moon\"", "-DNAME=\"required\""]
        try await workshop.compile(Self.source, as: "required", flags)
        for name in ["required", "never-made"] {
            let fault = await #expect(throws: (any Error).self) {
                _ = try await Scene(plugins: [name: "{}"], pluginFolders: [workshop.folder.path])
            }
            #expect(fault.map { "\($0)".contains("plugin \(name): ") } == true)
        }
    }
}
