import Testing

/// A folder in `Sources` is a module, and imports only what stands above it here.
struct ArrowTests {
    private static let order = [
        "XML", "Crypto", "Core", "SASL", "Net", "PostgreSQL", "DNS", "Streams",
        "Storage", "StorageSQLite", "StoragePostgreSQL", "Transfer", "Router", "IM", "PluginHost",
        "PluginKit",
        "Client", "Server",
        "Testing", "martlet",
    ]

    /// They meet in what `Core` declares, and `Server` joins them.
    private static let strangers = ["Streams": "Router", "Router": "Streams", "IM": "Streams"]

    /// The one Swift owner of each C library.
    private static let owners = [
        "CExpat": "XML", "COpenSSL": "Crypto", "CSQLite": "StorageSQLite", "CLinux": "Net",
        "CUnicode": "Core", "CPostgreSQL": "PostgreSQL",
        "CUnbound": "DNS",
    ]

    private static func imports(of folder: String) throws -> [(place: String, module: String)] {
        let pattern =
            /^(?:@[\w()]+ +)*(?:(?:public|package|internal|private|fileprivate) +)?import +(?:struct +|class +|enum +|func +)?(?<module>\w+)/
        return try Tree.sources(in: "Sources/\(folder)").flatMap { file in
            file.code.filter { $0.text.contains("import ") }.compactMap { line in
                line.text.firstMatch(of: pattern)
                    .map { ("\(file.path):\(line.number)", String($0.module)) }
            }
        }
    }

    private static func modules() throws -> [String] {
        try Tree.folders(in: "Sources").filter { $0 != "C" }
    }

    @Test func `has a place for every module`() throws {
        let unknown = try Self.modules().filter { !Self.order.contains($0) }
        #expect(unknown.isEmpty, "a new module is an architectural change: give it its place")
    }

    @Test(arguments: order)
    func `points upwards alone`(folder: String) throws {
        let above = Set(Self.order.prefix { $0 != folder }.map { "Martlet\($0)" })
        for found in try Self.imports(of: folder) where found.module.hasPrefix("Martlet") {
            #expect(above.contains(found.module), "\(found.place) imports \(found.module)")
            #expect(found.module != Self.strangers[folder].map { "Martlet\($0)" }, "\(found.place)")
        }
    }

    @Test(arguments: order)
    func `gives a C library one owner, who shows it to nobody`(folder: String) throws {
        for found in try Self.imports(of: folder) {
            guard let owner = Self.owners[found.module] else { continue }
            #expect(folder == owner, "\(found.place) imports \(found.module)")
        }
        for file in try Tree.sources(in: "Sources/\(folder)") {
            // The ABI's own header is what PluginKit is there to hand on.
            #expect(
                file.places(
                    of: /^(public|package) import C(?!Plugin\b)[A-Z]/,
                    hints: ["import C"]
                ) == []
            )
        }
    }

    @Test(arguments: order.prefix { $0 != "Server" })
    func `keeps Foundation out of everything below Server`(folder: String) throws {
        for found in try Self.imports(of: folder) {
            #expect(found.module != "Foundation", "\(found.place)")
        }
    }
}
