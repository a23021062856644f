import ArgumentParser
import Foundation
import MartletServer
import MartletStorage
import MartletTransfer

struct ImportStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read files of XEP-0227 into the store, from this server or another.",
        discussion: """
            Stop the server first. Accounts that exist are left as they are, unless told otherwise. An \
            import that was interrupted, or that ended at a fault of the file, can be given again: it \
            completes what is missing, and doubles nothing.
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "Files, folders of such ('.xml'), or '-' for standard input.")
    var files: [String]
    @Option(help: "What becomes of accounts that exist: skip, replace or fail.")
    var existing = Existing.skip
    @Option(name: .customLong("domain"), help: "Only this domain; may be given several times.")
    var domains: [String] = []
    @Flag(help: "Read and check everything, and write nothing.") var dryRun = false
    @Flag(name: .shortAndLong, help: "Say nothing but what is wrong.") var quiet = false

    func run() async throws {
        let configuration = try options.load()
        let settings = configuration.settings
        guard dryRun || !Administration.isServed(settings) else {
            throw Complaint("the server is running: stop it before you import into its store")
        }
        let paths = try files.flatMap(Self.paths)
        let store = try await options.openLastingStore()
        let result: Result<Tally, any Error>
        do {
            result = .success(try await read(paths, into: store, configuration))
        } catch { result = .failure(error) }
        await store.close()
        do {
            try tell(try result.get())
        } catch let error as Complaint {
            throw error
        } catch {
            throw Complaint("\(error)\n\(Self.hint(dryRun))")
        }
    }

    private func read(
        _ paths: [String],
        into store: any Store,
        _ configuration: Configuration
    ) async throws -> Tally {
        let settings = configuration.settings
        var wanted = ImportOptions()
        wanted.existing = existing.option
        wanted.isDryRun = dryRun
        wanted.domains = domains.isEmpty ? nil : Set(domains)
        wanted.served = Set(configuration.domainNames)
        wanted.derive = { try await Administration.verifiers(of: $0, settings) }
        let progress = ProgressLine("", isQuiet: quiet)
        defer { progress.end() }
        let reading = Import(
            into: store,
            wanted,
            complain: progress.say,
            report: progress.show
        )
        return try await reading.run(paths)
    }

    private func tell(_ tally: Tally) throws {
        guard !quiet else { return }
        let title = dryRun ? "would import:" : "imported:"
        for line in [title] + tally.lines.map({ "  " + $0 }) { print(line) }
    }

    private static func hint(_ isDryRun: Bool) -> String {
        isDryRun
            ? "nothing was written"
            : "what came before is imported; mend the file and give the same command again"
    }

    /// A folder stands for its files, which is how prosody leaves them.
    private static func paths(_ argument: String) throws -> [String] {
        var isFolder: ObjCBool = false
        let files = FileManager.default
        guard files.fileExists(atPath: argument, isDirectory: &isFolder), isFolder.boolValue else {
            return [argument]
        }
        let found = try files.contentsOfDirectory(atPath: argument)
            .filter { $0.hasSuffix(".xml") }.sorted()
        guard !found.isEmpty else { throw Complaint("\(argument) has no files that end in .xml") }
        return found.map { argument + "/" + $0 }
    }
}

/// ``ImportOptions/Existing`` as it is given.
enum Existing: String, ExpressibleByArgument {
    case skip, replace, fail

    var option: ImportOptions.Existing {
        switch self {
        case .skip: .skip
        case .replace: .replace
        case .fail: .fail
        }
    }
}
