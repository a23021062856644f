import Foundation
import MartletPluginHost
import MartletTesting
import Testing

/// The example plugin, in each language that the machine has a compiler for.
@Suite(.timeLimit(.minutes(5)))
struct ExampleTests {
    static let examples = Workshop.root.appending(path: "Plugins/examples")

    enum Language: String, CaseIterable, Sendable {
        case c, rust, swift

        var plugin: String { "keyword-\(rawValue)" }

        /// `cc` is always there, and the one in Swift is built with the tests.
        static var present: [Language] {
            allCases.filter { $0 != .rust || Workshop.program("rustc") != nil }
        }

        /// Builds it where it is not built yet.
        func build(in workshop: Workshop) async throws {
            switch self {
            case .c: try await workshop.compile(examples.appending(path: "c/keyword.c"), as: plugin)
            case .rust:
                let arguments = [
                    "--edition=2021", "--crate-type=cdylib", "-Cpanic=abort", "-Dwarnings",
                    "-o", workshop.plugin(plugin).path,
                ]
                let source = examples.appending(path: "rust/src/lib.rs").path
                try await Workshop.run("rustc", arguments + [source], in: workshop.folder)
            case .swift: break
            }
        }
    }

    /// What the example with the name says to one who uses the word.
    private static func answer(_ plugin: String, _ count: Int) -> String {
        "<message type='headline' from='montague.example' to='romeo@montague.example/orchard'>"
            + "<body>\(plugin): heard \(count)</body></message>"
    }

    private static func conversation(_ plugins: [String]) -> String {
        let said = "romeo > <message type='chat' to='juliet@capulet.example/balcony'><body>"
        let came =
            "juliet < <message type='chat' from='romeo@montague.example/orchard'"
            + " to='juliet@capulet.example/balcony'><body>"
        let heard = { (count: Int) in
            plugins.map { "romeo < \(answer($0, count))" }.joined(separator: "\n")
        }
        return """
            romeo = romeo@montague.example/orchard
            juliet = juliet@capulet.example/balcony
            \(said)a martlet nests here</body></message>
            \(came)a martlet nests here</body></message>
            \(heard(1))
            \(said)a nightingale</body></message>
            \(came)a nightingale</body></message>
            \(said)no, a martlet</body></message>
            \(came)no, a martlet</body></message>
            \(heard(2))
            romeo < nothing
            juliet < nothing
            """
    }

    @Test(arguments: Language.present)
    func `hears the word and keeps its count in the store`(_ language: Language) async throws {
        let workshop = try Workshop()
        try await language.build(in: workshop)
        try await Self.play([language], in: workshop)
    }

    @Test func `go together in one server, whatever they are written in`() async throws {
        let workshop = try Workshop()
        for language in Language.present { try await language.build(in: workshop) }
        try await Self.play(Language.present, in: workshop)
    }

    static func play(_ languages: [Language], in workshop: Workshop) async throws {
        let names = languages.map(\.plugin)
        let scene = try await Scene(
            plugins: Dictionary(uniqueKeysWithValues: names.map { ($0, "{}") }),
            pluginFolders: [workshop.folder.path] + PluginFolder.usual
        )
        do {
            try await Transcript(conversation(names), name: "keyword").play(in: scene)
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }
}
