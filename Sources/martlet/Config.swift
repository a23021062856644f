import ArgumentParser
import MartletServer

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List every key of config.json: its default, what it may be, what it means.",
        discussion: "A word after the command lists those keys alone that have it in their path."
    )

    @Argument(help: "Part of a key's path, such as 'limits' or 'roster'.") var part: String?

    @Flag(help: "As a table in Markdown.") var markdown = false

    func run() {
        if markdown { return print(Configuration.referenceTable) }
        for entry in Configuration.reference where part.map(entry.path.contains) ?? true {
            print("\(entry.path) = \(entry.value)")
            print("    \(entry.meaning)")
            print("    \(entry.type); counts from the next \(entry.effect.rawValue)")
        }
    }
}
