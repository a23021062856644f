import Testing

struct FunctionTests {
    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "private", "fileprivate", "static", "final", "override",
        "mutating", "borrowing", "consuming", "nonisolated", "convenience", "required",
    ]

    /// The spaces before a function that begins on this line; nil for every other line.
    private static func indent(of line: Substring) -> Substring? {
        guard line.hasSuffix("{") || line.hasSuffix("(") else { return nil }
        let words = line.split(separator: " ").drop { modifiers.contains($0) || $0.first == "@" }
        guard let first = words.first else { return nil }
        let beginsOne = ["func", "deinit"].contains(first) || first.hasPrefix("init(")
        return beginsOne || first.hasPrefix("init?(") ? line.prefix { $0 == " " } : nil
    }

    /// Each function ends with a brace in the column in which it begins.
    private static func lengths(
        in file: SourceFile
    ) -> [(place: String, length: Int)] {
        file.code.compactMap { line in
            guard let indent = indent(of: line.text) else { return nil }
            let end = file.lines[line.number...].first { $0.text == "\(indent)}" }
            return end.map { ("\(file.path):\(line.number)", $0.number - line.number + 1) }
        }
    }

    @Test func `fit on a screen`() throws {
        for file in try Tree.sources(in: "Sources", "Plugins") {
            for function in Self.lengths(in: file) {
                #expect(function.length <= 60, "\(function.place): look for the seam")
            }
        }
    }

    @Test func `are mostly short`() throws {
        let lengths = try Tree.sources(in: "Sources", "Plugins")
            .flatMap(Self.lengths(in:)).map(\.length).sorted()
        #expect(lengths.count > 500, "or this does not see functions")
        let median = try #require(lengths.isEmpty ? nil : lengths[lengths.count / 2])
        #expect(median <= 10)
        #expect(lengths.filter { $0 > 40 }.count * 50 < lengths.count, "one in fifty, at most")
    }
}
