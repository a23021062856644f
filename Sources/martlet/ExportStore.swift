import ArgumentParser
import Foundation
import MartletServer
import MartletStorage
import MartletTransfer

struct ExportStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write everything that is stored to a file, in the form of XEP-0227.",
        discussion: """
            Works while the server runs, and while it does not. Users' verifiers and messages are in the \
            file: keep it where you keep the database. An export to a file that was interrupted goes on \
            where it was when the same command is given again.
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @Option(name: .shortAndLong, help: "The file; standard output when left out.")
    var output: String?
    @Option(name: .customLong("domain"), help: "Only this domain; may be given several times.")
    var domains: [String] = []
    @Flag(help: "Begin anew, whatever an interrupted export has left.") var restart = false
    @Flag(name: .shortAndLong, help: "Say nothing but what is wrong.") var quiet = false

    func run() async throws {
        let store = try await options.openLastingStore()
        let result: Result<Tally, any Error>
        do { result = .success(try await export(store)) } catch { result = .failure(error) }
        await store.close()
        do {
            let tally = try result.get()
            guard !quiet else { return }
            ProgressLine("", isQuiet: false).say(
                (["exported:"] + tally.lines.map { "  " + $0 }).joined(separator: "\n")
            )
        } catch let error as Complaint {
            throw error
        } catch {
            throw Complaint("\(error)")
        }
    }

    private func export(_ store: any Store) async throws -> Tally {
        let progress = ProgressLine("accounts", isQuiet: quiet)
        defer { progress.end() }
        let wanted = domains.isEmpty ? nil : domains
        guard let output else {
            var export = Export(
                of: store,
                to: Output(STDOUT_FILENO, path: "standard output"),
                domains: wanted,
                report: progress.show
            )
            return try await export.run()
        }
        let part = PartFile(output, settings: domains.sorted().joined(separator: " "))
        let mark = try part.open(anew: restart)
        if let mark, !quiet { progress.say("going on behind \(mark.offset) bytes") }
        var export = Export(
            of: store,
            to: Output(part.descriptor, path: part.path, count: mark?.offset ?? 0),
            domains: wanted,
            report: progress.show,
            keep: part.keep
        )
        let tally = try await export.run(from: mark)
        try part.finish()
        return tally
    }
}

extension ConfigurationOptions {
    /// Opens the configured store, if it is one that outlives the server.
    func openLastingStore() async throws -> any Store {
        let configuration = try load()
        guard configuration.storage != .memory else {
            throw Complaint("the store is in the server's memory: there is nothing to move")
        }
        do {
            return try await configuration.openStore()
        } catch {
            throw Complaint("\(error)")
        }
    }
}

/// A file that has its name only when it is whole: until then it ends in `.part`, beside a note of how
/// far it is.
private final class PartFile {
    let path: String
    private(set) var descriptor: Int32 = -1
    private let final: String
    private let settings: String
    private var note: String { final + ".mark" }

    init(_ final: String, settings: String) {
        (self.final, self.settings) = (final, settings)
        path = final + ".part"
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the file, cut behind what is known to be whole.
    func open(anew: Bool) throws -> ExportMark? {
        guard access(final, F_OK) != 0 else {
            throw Complaint("\(final) exists; remove it, or choose another name")
        }
        let text = anew ? nil : try? String(contentsOfFile: note, encoding: .utf8)
        let mark = text.flatMap { ExportMark($0, for: settings) }
        if text != nil, mark == nil {
            throw Complaint("\(note) is of another export; give --restart to begin anew")
        }
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Complaint("\(path) is being written by another export")
        }
        var status = stat()
        let isWhole = fstat(descriptor, &status) == 0 && status.st_size >= mark?.offset ?? 0
        guard isWhole else {
            throw Complaint("\(path) is shorter than \(note) says; give --restart to begin anew")
        }
        guard ftruncate(descriptor, mark?.offset ?? 0) == 0,
            lseek(descriptor, 0, SEEK_END) >= 0
        else { throw failure(path) }
        return mark
    }

    /// Notes, whole or not at all, how far the file is.
    func keep(_ mark: ExportMark) throws {
        do {
            let text = Data(mark.text(for: settings).utf8)
            try text.write(to: URL(fileURLWithPath: note), options: .atomic)
        } catch {
            throw Complaint("\(note) cannot be written: \(error.systemReason)")
        }
    }

    func finish() throws {
        guard rename(path, final) == 0 else { throw failure(final) }
        unlink(note)
    }

    private func failure(_ path: String) -> Complaint {
        Complaint("\(path): \(String(cString: strerror(errno)))")
    }
}
