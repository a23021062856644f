import ArgumentParser
import Foundation
import Glibc
import MartletStorage
import MartletStoragePostgreSQL
import MartletStorageSQLite

/// A store of its own, as the server opens it.
struct StorePlace {
    enum Kind: String, CaseIterable, ExpressibleByArgument { case sqlite, postgresql }

    let kind: Kind
    let store: any Store
    private let folder: URL
    private let postgres: PostgresProcess?

    init(_ kind: Kind, url: String?, _ postgres: PostgresProcess?) async throws {
        self.kind = kind
        self.postgres = kind == .postgresql ? postgres : nil
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-store-\(getpid())-\(kind.rawValue)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let place =
            kind == .sqlite
            ? folder.appendingPathComponent("martlet.db").path : url ?? postgres?.url ?? ""
        do {
            store = try await Self.open(place)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    /// The store that a path or a connection URI names.
    ///
    /// Where it is not to be durable, SQLite does not wait for the disk.
    static func open(_ place: String, isDurable: Bool = true) async throws -> any Store {
        if place.hasPrefix("postgresql://") || place.hasPrefix("postgres://") {
            return try await PostgreSQLStore.open(url: place)
        }
        var options = SQLiteOptions()
        options.durability = isDurable ? .full : .normal
        return try SQLiteStore(path: place, options: options)
    }

    func close() async {
        await store.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Seconds of CPU that the database's own processes have used.
    func databaseSeconds() -> Double { postgres?.cpuSeconds() ?? .nan }

    /// Milliseconds that a small write takes until it is on the disk, the median of some.
    func disk() throws -> Double {
        let path = folder.appendingPathComponent("probe").path
        let file = Glibc.open(path, O_CREAT | O_RDWR, 0o600)
        guard file >= 0 else { throw LoadError("\(path) cannot be written") }
        defer { Glibc.close(file) }
        let page = [UInt8](repeating: 0, count: 16_384)
        var took: [Double] = []
        for place in 0..<30 {
            guard pwrite(file, page, page.count, place * page.count) == page.count else {
                throw LoadError("\(path) cannot be written")
            }
            let begin = ProcessMeter.wallSeconds()
            fdatasync(file)
            took.append((ProcessMeter.wallSeconds() - begin) * 1e3)
        }
        return took.sorted()[took.count / 2]
    }
}
