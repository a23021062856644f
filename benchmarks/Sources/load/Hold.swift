import ArgumentParser
import CLoad
import Foundation

/// What the generator's further processes do.
struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold idle connections until killed.",
        shouldDisplay: false
    )

    static let ready = "all are there\n"

    @OptionGroup var target: TargetOptions
    @Option(help: "Connections.") var connections = 1

    func run() async throws {
        load_end_with_parent()
        let target = try await target.open()
        let crew = Crew(try LoginTerms(target, .anonymous), concurrency: self.target.concurrency)
        try await crew.gatherGreeted(connections)
        FileHandle.standardOutput.write(Data(Self.ready.utf8))
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }
}
