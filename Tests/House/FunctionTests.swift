import Testing

struct FunctionTests {
    /// A line that begins a function, and the end of which is a brace in the same column.
    private static var start: Regex<(Substring, indent: Substring)> {
        /^(?<indent> *)(?:@\w+(?:\(.*\))? +)*(?:(?:public|package|internal|private|fileprivate|static|final|override|mutating|borrowing|consuming|nonisolated|convenience|required|isolated) +)*(?:func |init[?(<]|deinit)/
    }

    private static func lengths(
        in file: SourceFile
    ) -> [(place: String, length: Int)] {
        let lines = file.lines
        var found: [(String, Int)] = []
        for line in file.code where line.text.hasSuffix("{") || line.text.hasSuffix("(") {
            guard let indent = line.text.firstMatch(of: start)?.indent else { continue }
            let end = lines[line.number...].first { $0.text == "\(indent)}" }
            guard let end else { continue }
            found.append(("\(file.path):\(line.number)", end.number - line.number + 1))
        }
        return found
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
        let median = try #require(lengths.isEmpty ? nil : lengths[lengths.count / 2])
        #expect(median <= 10)
        #expect(lengths.filter { $0 > 40 }.count * 50 < lengths.count, "one in fifty, at most")
    }
}
