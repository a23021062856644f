import ArgumentParser
import Foundation
import Logging
import MartletNet
import MartletTesting

struct PluginTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Play conversations against a server in memory that has a plugin.",
        discussion: """
            The server is made anew for each transcript, with the domains montague.example and \
            capulet.example; nothing touches the network or a disk.
            """
    )

    @Argument(help: "The plugin: libmartlet_NAME.so.") var plugin: String
    @Argument(help: "Transcripts to play.") var transcripts: [String]
    @Option(help: "The plugin's settings, as JSON.") var settings = "{}"
    @Flag(help: "Show what the server logs.") var verbose = false

    func run() async throws {
        let file = URL(filePath: plugin)
        let name = file.deletingPathExtension().lastPathComponent
        guard name.hasPrefix("libmartlet_"), file.pathExtension == "so" else {
            throw Complaint("a plugin's file is called libmartlet_NAME.so")
        }
        var failures = 0
        for path in transcripts {
            do {
                try await play(path, String(name.dropFirst("libmartlet_".count)), in: file)
                print("passed \(path)")
            } catch {
                failures += 1
                print("FAILED \(path): \(error)")
            }
        }
        guard failures == 0 else { throw ExitCode.failure }
    }

    private func play(_ path: String, _ name: String, in file: URL) async throws {
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        let transcript = try Transcript(text, name: path)
        var log = Logger(label: "martlet", factory: StreamLogHandler.standardError(label:))
        log.logLevel = verbose ? .debug : .warning
        let scene = try await Scene(
            plugins: [name: settings],
            pluginFolders: [file.deletingLastPathComponent().path],
            clock: transcript.movesTime ? ManualClock() : MonotonicClock(),
            log: log
        )
        do {
            try await transcript.play(in: scene)
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }
}
