import Testing

struct SourceTests {
    @Test func `prints nothing but what the program says to its user`() throws {
        for file in try Tree.sources(in: "Sources") where !file.path.hasPrefix("Sources/martlet/") {
            #expect(
                file.places(of: /(^|[^\w.])(print|debugPrint|dump)\(/, hints: ["rint(", "dump("])
                    == []
            )
        }
    }

    /// What a peer sends cannot crash the server; a `precondition` says which invariant broke.
    @Test func `gives up nowhere without a reason`() throws {
        for file in try Tree.sources(in: "Sources") {
            #expect(
                file.places(
                    of: /\btry!|\bas!|\bfatalError\b/,
                    hints: ["try!", "as!", "fatalError"]
                ) == []
            )
        }
    }

    @Test func `waits in tests for events, not for time`() throws {
        for file in try Tree.sources(in: "Tests") where !file.path.hasPrefix("Tests/House/") {
            #expect(
                file.places(of: /\b(Task|Thread)\.sleep|\bu?sleep\(/, hints: ["sleep"]) == []
            )
        }
    }

    @Test func `leaves nothing for later`() throws {
        let marks = ["TO" + "DO", "FIX" + "ME"]
        for file in try Tree.sources(in: "Sources", "Tests", "Plugins") {
            #expect(file.lines(with: marks) == [])
        }
    }

    @Test func `names no folder of somebody's machine`() throws {
        let folders = ["/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/", "/wo" + "rk/"]
        for file in try Tree.sources(in: "Sources", "Tests", "Plugins", "benchmarks") {
            #expect(file.lines(with: folders) == [])
        }
        for path in ["Makefile", "Package.swift", "config.json", ".ci/run"] {
            #expect(try SourceFile(path: path, text: Tree.text(path)).lines(with: folders) == [])
        }
    }

    @Test func `keeps files short`() throws {
        for file in try Tree.sources(in: "Sources", "Plugins", "Tests") {
            #expect(file.lines.count <= 401, "\(file): look for the seam")
        }
    }

    /// One line of proof: a comment in the lines before says why it is safe.
    @Test func `proves what the compiler takes on trust`() throws {
        for file in try Tree.sources(in: "Sources", "Plugins") {
            let lines = file.lines
            for line in file.code
            where line.text.contains("@unchecked") || line.text.contains("nonisolated(unsafe)") {
                let before = lines[max(0, line.number - 9)..<line.number]
                #expect(
                    before.contains { $0.text.contains("//") },
                    "\(file.path):\(line.number) has no proof"
                )
            }
        }
    }

    @Test func `tests every module where its name says`() throws {
        let reasons = [
            "C": "headers and module maps alone",
            "Testing": "Tests/Transcripts uses all of it",
            "Client": "Tests/Transcripts has it at the other end of every stream",
            "StoragePostgreSQL": "Tests/Storage runs one contract against every driver",
            "StorageSQLite": "Tests/Storage runs one contract against every driver",
            "martlet": "Tests/Interop drives the program",
        ]
        let tested = try Tree.folders(in: "Tests").filter { folder in
            try !Tree.sources(in: "Tests/\(folder)").isEmpty
        }
        for folder in try Tree.folders(in: "Sources") where reasons[folder] == nil {
            #expect(tested.contains(folder), "Sources/\(folder) has no Tests/\(folder)")
        }
    }
}
