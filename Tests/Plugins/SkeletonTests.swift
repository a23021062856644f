import Foundation
import Testing

/// `martlet plugin new` and `martlet plugin test`, as an author of plugins uses them.
@Suite(.timeLimit(.minutes(5)))
struct SkeletonTests {
    /// Beside the tests, where a build leaves it.
    private static let martlet = URL(
        filePath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? ""
    )
    .deletingLastPathComponent().appending(path: "martlet").path

    /// The one in Swift is built by hand: it builds the kit once more.
    private static var languages: [String] {
        ["c"] + (Workshop.program("cargo") == nil ? [] : ["rust"])
    }

    @Test(arguments: languages)
    func `builds and passes its own test`(_ language: String) async throws {
        let workshop = try Workshop()
        try await Workshop.run(
            Self.martlet,
            ["plugin", "new", "night-owl", "--language", language],
            in: workshop.folder
        )
        let folder = workshop.folder.appending(path: "night-owl")
        let said = try await Workshop.run("make", ["test", "MARTLET=\(Self.martlet)"], in: folder)
        #expect(said.contains("passed Transcripts/hello.transcript"), "\(said)")
        #expect(!said.contains("warning"), "\(said)")
    }

    @Test func `makes a skeleton in Swift that names the kit's source`() async throws {
        let workshop = try Workshop()
        let arguments = [
            "plugin", "new", "night-owl", "--martlet", Workshop.root.path,
        ]
        try await Workshop.run(Self.martlet, arguments, in: workshop.folder)
        let folder = workshop.folder.appending(path: "night-owl")
        let package = try String(
            contentsOf: folder.appending(path: "Package.swift"),
            encoding: .utf8
        )
        #expect(package.contains(".package(name: \"martlet\", path: \"\(Workshop.root.path)\")"))
        let source = folder.appending(path: "Sources/NightOwl.swift")
        #expect(
            try String(contentsOf: source, encoding: .utf8).contains("final class NightOwl: Plugin")
        )
    }

    @Test(arguments: [
        (["Night"], "lower case letters"), (["0wl"], "lower case letters"),
        ([""], "lower case letters"),
        (["owl", "--language", "cobol"], "cobol"), (["there"], "is there already"),
    ])
    func `refuses what it cannot make`(arguments: [String], reason: String) async throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(
            at: workshop.folder.appending(path: "there"),
            withIntermediateDirectories: false
        )
        let fault = await #expect(throws: WorkshopFault.self) {
            try await Workshop.run(
                Self.martlet,
                ["plugin", "new"] + arguments,
                in: workshop.folder
            )
        }
        #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
    }

    @Test func `says why a plugin cannot be tested`() async throws {
        let workshop = try Workshop()
        let source = FaultScene.sources.appending(path: "descriptor.c")
        try await workshop.compile(source, as: "old", ["-DMAJOR=99", "-DNAME=\"old\""])
        let transcript = workshop.folder.appending(path: "a.transcript")
        try "romeo = romeo@montague.example/orchard\n"
            .write(to: transcript, atomically: true, encoding: .utf8)
        let fault = await #expect(throws: WorkshopFault.self) {
            let plugin = workshop.plugin("old").path
            try await Workshop.run(Self.martlet, ["plugin", "test", plugin, transcript.path])
        }
        #expect(fault?.description.contains("built for ABI 99.") == true)
    }
}
