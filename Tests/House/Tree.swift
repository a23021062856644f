import Foundation

/// The tree that these tests stand in.
enum Tree {
    /// The repository's root, two folders above this file's.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The names of the folders in one, sorted.
    static func folders(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            at: root.appending(path: path),
            includingPropertiesForKeys: [.isDirectoryKey]
        )
        .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
        .map(\.lastPathComponent).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// The Swift files below some folders, those built by tools excepted; all are read once.
    static func sources(in folders: String...) throws -> [SourceFile] {
        let wanted = folders.map { "\($0)/" }
        return try read.get().filter { file in wanted.contains { file.path.hasPrefix($0) } }
    }

    private static let read = Result {
        try ["Sources", "Tests", "Plugins", "benchmarks"].flatMap { folder in
            let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            let paths = (names?.allObjects ?? []).compactMap { $0 as? String }
            return try paths.filter { $0.hasSuffix(".swift") && !$0.contains(".build/") }.sorted()
                .map { SourceFile(path: "\(folder)/\($0)", text: try text("\(folder)/\($0)")) }
        }
    }
}

/// A file and its lines, each with its number as an editor counts.
struct SourceFile: Sendable, CustomStringConvertible {
    struct Line: Sendable {
        let number: Int
        let text: Substring
    }

    let path: String
    let text: String
    let lines: [Line]
    /// The lines that are no comments.
    let code: [Line]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .map { Line(number: $0.offset + 1, text: $0.element) }
        code = lines.filter { !$0.text.drop { $0 == " " }.hasPrefix("//") }
    }

    var description: String { path }

    /// `Sources/XML/Tape.swift:12` for every line of code that has what a pattern asks for.
    ///
    /// One of the hints stands in every such line; texts are faster to look for than patterns.
    func places(of pattern: some RegexComponent, hints: [String]) -> [String] {
        guard hints.contains(where: text.contains(_:)) else { return [] }
        return code.filter { line in
            hints.contains { line.text.contains($0) } && line.text.contains(pattern)
        }
        .map { "\(path):\($0.number)" }
    }

    /// The same for lines, comments too, that have one of some texts.
    func lines(with words: [String]) -> [String] {
        guard words.contains(where: text.contains(_:)) else { return [] }
        return lines.filter { line in words.contains { line.text.contains($0) } }
            .map { "\(path):\($0.number)" }
    }
}
