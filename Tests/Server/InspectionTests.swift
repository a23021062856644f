import Foundation
import MartletServer
import Testing

@Suite struct InspectionTests {
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
}
