import Foundation
import MartletNet
import MartletTesting
import Testing

/// Every conversation in `Plugins/*/Transcripts`, with that plugin at work; of `settings.json` beside
/// them (or `<name>.settings.json`, for one) the plugin gets its settings, of `plugins.json` (or
/// `<name>.plugins.json`) the names of others that are at work.
@Suite struct PluginTranscriptTests {
    @Test(arguments: try PluginTranscript.all())
    func `goes as the transcript says`(_ transcript: PluginTranscript) async throws {
        let conversation = try Transcript(transcript.text, name: transcript.name)
        let clock: any ShardClock = conversation.movesTime ? ManualClock() : MonotonicClock()
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let scene = try await Scene(plugins: transcript.plugins, clock: clock) { settings in
            if conversation.needsTLS { settings.tls.folder = folder.path }
        }
        do {
            try await conversation.play(in: scene)
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }

    @Test func `every plugin has a transcript`() throws {
        let tested = Set(try PluginTranscript.all().map(\.plugin))
        #expect(Set(try PluginTranscript.plugins()) == tested)
    }
}

/// One transcript and the plugin that it is about.
struct PluginTranscript: Sendable, CustomTestStringConvertible {
    let plugin: String
    let name: String
    let text: String
    /// What is at work in it.
    let plugins: [String: String]

    var testDescription: String { "\(plugin)/\(name)" }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../Plugins").standardizedFileURL

    /// The names of the folders that have transcripts, or ought to.
    static func plugins() throws -> [String] {
        try names(in: root).filter { name in
            let files = (try? names(in: root.appending(path: name))) ?? []
            return files.contains { $0.hasSuffix(".swift") || $0.hasSuffix(".c") }
        }
    }

    static func all() throws -> [PluginTranscript] {
        try plugins().flatMap { plugin in
            let folder = root.appending(path: plugin).appending(path: "Transcripts")
            return try names(in: folder).filter { $0.hasSuffix(".transcript") }.map { name in
                PluginTranscript(
                    plugin: plugin,
                    name: name,
                    text: try String(contentsOf: folder.appending(path: name), encoding: .utf8),
                    plugins: try plugins(of: plugin, in: folder, for: name)
                )
            }
        }
    }

    private static func plugins(
        of plugin: String,
        in folder: URL,
        for transcript: String
    ) throws -> [String: String] {
        var plugins = [plugin: "{}"]
        let own = transcript.dropLast(".transcript".count)
        for name in ["settings.json", "\(own).settings.json"] {
            let settings = folder.appending(path: name)
            guard let text = try? String(contentsOf: settings, encoding: .utf8) else { continue }
            plugins[plugin] = text
        }
        for name in ["plugins.json", "\(own).plugins.json"] {
            guard let data = try? Data(contentsOf: folder.appending(path: name)) else { continue }
            for name in try JSONDecoder().decode([String].self, from: data) { plugins[name] = "{}" }
        }
        return plugins
    }

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
}
