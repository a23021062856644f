import Foundation
import MartletServer
import Testing

@Suite(.timeLimit(.minutes(5))) struct InspectionTests {
    /// A folder of its own, gone when the work is done.
    private func inFolder(_ work: (String) async throws -> Void) async throws {
        let folder = "\(FileManager.default.temporaryDirectory.path)/inspection-\(UUID())"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await work(folder)
    }

    @Test func `says what a first start will make, and makes none of it`() async throws {
        try await inFolder { folder in
            let configuration = try Configuration(
                """
                { "domains": { "montague.example": {}, "capulet.example": {} },
                  "storage": { "path": "\(folder)/martlet.db" },
                  "tls": { "certificates": "\(folder)/certificates" } }
                """
            )
            let report = await Inspection(of: configuration).report()
            #expect(report.isSound)
            #expect(report.lines.filter { $0.hasSuffix("made at the start") }.count == 3)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test func `says in the system's words why a folder cannot be made`() async throws {
        try await inFolder { folder in
            try Data().write(to: URL(fileURLWithPath: "\(folder)/file"))
            let text = #"{ "storage": { "path": "\#(folder)/file/martlet.db" } }"#
            let configuration = try Configuration(text)
            await #expect {
                _ = try await configuration.openStore()
            } throws: { error in
                "\(error)" == "the folder \(folder)/file cannot be made: File exists"
                    || "\(error)" == "the folder \(folder)/file cannot be made: Not a directory"
            }
        }
    }

    private func lines(of text: String, in folder: String) async throws -> Inspection.Report {
        let both = #"{ "storage": { "driver": "memory" }, "tls": { "certificates": null }, "#
        return await Inspection(of: try Configuration(both + text + "}")).report()
    }

    @Test func `notes what of other servers and components is hardly meant`() async throws {
        try await inFolder { folder in
            let report = try await lines(
                of: """
                    "domains": { "montague.example": {} },
                    "components": { "irc.example": { "secret": "s" } },
                    "s2s": { "enabled": false, "peers": { "montague.example": {},
                        "irc.example": {}, "verona.example": {} } },
                    "listeners": [ { "type": "s2s", "tls": "direct" } ]
                    """,
                in: folder
            )
            #expect(report.isSound)
            #expect(report.lines.contains("listener    0.0.0.0:5270 s2s direct"))
            #expect(report.lines.contains("component   irc.example"))
            #expect(
                report.lines.filter { $0.hasPrefix("note ") } == [
                    "note        s2s.peers.irc.example: it is a domain of ours, and nothing goes to it"
                        + " by the network",
                    "note        s2s.peers.montague.example: it is a domain of ours, and nothing goes"
                        + " to it by the network",
                    "note        components cannot connect: no listener is of type component",
                    "note        a listener is for other servers, and s2s.enabled is false",
                ]
            )
            let other = try await lines(
                of: #""listeners": [ { "type": "component" } ]"#,
                in: folder
            )
            #expect(other.lines.contains("listener    127.0.0.1:5347 component none"))
            #expect(
                other.lines.contains("note        a listener is for components, and there are none")
            )
        }
    }

    @Test func `finds authorities that cannot be read`() async throws {
        try await inFolder { folder in
            let missing = try await lines(
                of: #""s2s": { "authorities": "\#(folder)/authorities.pem" }"#,
                in: folder
            )
            #expect(!missing.isSound)
            let reason = "authorities \(folder)/authorities.pem: No such file or directory"
            #expect(missing.lines.contains(reason))
            let off = try await lines(
                of: #""s2s": { "enabled": false, "authorities": "\#(folder)/authorities.pem" }"#,
                in: folder
            )
            #expect(off.isSound)
        }
    }
}
