import MartletServer
import Testing

struct DocumentTests {
    @Test func `ships a configuration that can be served`() throws {
        let configuration = try Configuration(Tree.text("config.json"), environment: [:])
        #expect(configuration.domainNames == ["localhost"])
        #expect(configuration == (try Configuration("{}")), "it shows defaults, and changes none")
    }

    @Test func `explains every target of make`() throws {
        let makefile = try Tree.text("Makefile")
        let phony = makefile.firstMatch(of: /\.PHONY: (.*)/)?.1.split(separator: " ") ?? []
        #expect(phony.contains("run") && phony.contains("test"))
        let lines = makefile.split(separator: "\n")
        for target in phony {
            let isExplained = lines.contains { $0.hasPrefix("\(target):") && $0.contains(" ## ") }
            #expect(isExplained, "\(target)")
        }
    }

    @Test func `tells the truth about what is ignored`() throws {
        let ignored = try Tree.text(".gitignore").split(separator: "\n")
        for path in ["/data/", ".build/", ".cache/"] {
            #expect(ignored.contains(Substring(path)), "what \(path) holds is made by running")
        }
    }
}
