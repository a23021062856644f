import ArgumentParser
import Foundation

struct PluginNew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a folder with a plugin that builds and passes its test.",
        discussion: "It has all it needs, and is no part of the server's source."
    )

    @Argument(help: "Its name: lower case letters, digits and '-'.") var name: String
    @Option(help: "swift, c or rust.") var language = Skeleton.Language.swift
    @Option(help: "Where the folder is made; by its name, here.") var folder: String?
    @Option(help: "Martlet's source, for plugins in Swift; found when the program was built there.")
    var martlet: String?

    func validate() throws {
        let isName = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        guard isName, name.first?.isLetter == true else {
            throw ValidationError("a plugin's name has lower case letters, digits and '-'")
        }
    }

    func run() async throws {
        let place = URL(filePath: folder ?? name)
        guard !FileManager.default.fileExists(atPath: place.path) else {
            throw Complaint("\(place.path) is there already")
        }
        let skeleton = Skeleton(name: name, language: language, source: try source())
        for (path, text) in skeleton.files {
            let file = place.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        print("made \(place.path): now 'make test' there, and read its README.md")
    }

    /// Martlet's source, which only plugins in Swift need.
    private func source() throws -> String {
        guard language == .swift else { return "" }
        if let martlet { return URL(filePath: martlet).standardizedFileURL.path }
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var folder = URL(filePath: program ?? ".").deletingLastPathComponent()
        while folder.path.count > 1 {
            let kit = folder.appending(path: "Sources/PluginKit").path
            if FileManager.default.fileExists(atPath: kit) { return folder.path }
            folder.deleteLastPathComponent()
        }
        throw Complaint("where is Martlet's source? say --martlet FOLDER")
    }
}
