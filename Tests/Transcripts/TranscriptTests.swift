import Foundation
import MartletNet
import MartletTesting
import Testing

/// Plays every conversation of the folder `Conversations` against a server in memory.
@Suite struct TranscriptTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Conversations")

    static let names: [String] = {
        let files = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
        return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".transcript") }.sorted()
    }()

    @Test(arguments: names)
    func `comes true`(name: String) async throws {
        let text = try String(
            contentsOf: Self.folder.appending(path: name),
            encoding: .utf8
        )
        let transcript = try Transcript(text, name: name)
        let scene = try await Scene(
            clock: transcript.movesTime ? ManualClock() : MonotonicClock()
        )
        await #expect(throws: Never.self) { try await transcript.play(in: scene) }
        await scene.end()
    }

    @Test func `there are conversations to play`() {
        #expect(Self.names.count >= 8)
    }
}
