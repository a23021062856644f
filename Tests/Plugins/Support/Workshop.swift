import Foundation
import TestSupport

/// A folder in which a test builds plugins, and which goes with it.
final class Workshop: Sendable {
    let folder: URL

    /// The repository's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../..").standardizedFileURL

    static let header = root.appending(path: "Sources/C/Plugin/include/martlet_plugin.h")

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "martlet-plugins-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    // What was loaded stays mapped; the files are not needed for that.
    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Where the plugin of a name is looked for.
    func plugin(_ name: String) -> URL { folder.appending(path: "libmartlet_\(name).so") }

    /// Builds a plugin in C, every warning an error.
    func compile(
        _ source: URL,
        as name: String,
        including headers: URL? = nil,
        _ flags: [String] = []
    ) async throws {
        let headers = headers ?? Self.header.deletingLastPathComponent()
        let fixed = [
            "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-shared", "-fPIC",
            "-pthread",
            "-I", headers.path, "-o", plugin(name).path, source.path,
        ]
        try await Self.run("cc", fixed + flags)
    }

    /// The path of a program, if the machine has it.
    static func program(_ name: String) -> String? {
        let places = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        return places.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program to its end, and gives what it said.
    ///
    /// - Throws: `WorkshopFault` with that, when it failed.
    @discardableResult
    static func run(
        _ name: String,
        _ arguments: [String],
        in folder: URL? = nil
    ) async throws -> String {
        guard let path = name.hasPrefix("/") ? name : program(name) else {
            throw WorkshopFault(description: "there is no \(name)")
        }
        // On a thread of its own: a compiler takes its time, and other tests need the pool's few.
        let outcome = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: Command.run([path] + arguments, in: folder?.path)
                )
            }
        }
        guard outcome.status == 0 else { throw WorkshopFault(description: outcome.said) }
        return outcome.said
    }
}

/// What a program said when it failed.
struct WorkshopFault: Error, CustomStringConvertible {
    let description: String
}
