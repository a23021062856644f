import ArgumentParser
import MartletServer

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say which Martlet this is, and what it was built with."
    )

    func run() {
        print("martlet \(Build.version)")
        for library in Build.libraries { print("  \(library.name) \(library.version)") }
    }
}
