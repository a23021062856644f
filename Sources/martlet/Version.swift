import ArgumentParser
import MartletServer

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say which Martlet this is."
    )

    func run() {
        print("martlet \(Build.version)")
    }
}
