import Testing

@testable import MartletPluginKit

@Suite struct SettingsReaderTests {
    private struct Settings: PluginSettings, Equatable {
        struct Deep: Codable, Equatable {
            var rate = 0.5
            var name = "x"
        }

        var limit = 10
        var isPublic = true
        var names = ["a"]
        var deep = Deep()
        var note: String?
    }

    private func read(_ text: String) throws -> Settings {
        try SettingsReader.read(text, as: Settings.self)
    }

    @Test func `leaves the defaults where nothing is said`() throws {
        #expect(try read("{}") == Settings())
        #expect(try read("") == Settings())
    }

    @Test func `lays what is said over the defaults, however deep`() throws {
        let settings = try read(#"{"limit": 3, "deep": {"rate": 2}, "names": [], "note": "n"}"#)
        #expect(settings.limit == 3)
        #expect(settings.isPublic)
        #expect(settings.names == [])
        #expect(settings.deep == Settings.Deep(rate: 2, name: "x"))
        #expect(settings.note == "n")
    }

    @Test(arguments: [#"{"limit": "many"}"#, "[]", "{", #"{"deep": 1}"#])
    func `refuses what does not fit`(text: String) {
        #expect(throws: (any Error).self) { try read(text) }
    }
}
