import Glibc
import MartletCore
import MartletStorage
import MartletStoragePostgreSQL
import MartletStorageSQLite
import Synchronization
import Testing

/// A way to store: every test of the contract runs once with each.
struct Driver: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Opens an empty store at a place that nothing else uses.
    let open: @Sendable (Place, Clock) async throws -> any Store
    /// Whether a store that was closed can be opened again with all that it held.
    let persists: Bool

    static let memory = Driver(
        testDescription: "memory",
        open: { _, clock in MemoryStore(now: { clock.now }) },
        persists: false
    )
    static let sqlite = sqlite("SQLite", unindexedEntries: SQLiteOptions().unindexedEntries)
    static let indexing = sqlite("SQLite, always indexing", unindexedEntries: 3)
    static let postgresql = Driver(
        testDescription: "PostgreSQL",
        open: { place, clock in try await place.inServer().open { clock.now } },
        persists: true
    )
    static let all = [memory, sqlite, indexing, postgresql]

    private static func sqlite(_ description: String, unindexedEntries: Int) -> Driver {
        Driver(
            testDescription: description,
            open: { place, clock in
                var options = SQLiteOptions()
                options.durability = .normal  // The tests that cut the power ask for more.
                options.unindexedEntries = unindexedEntries
                return try SQLiteStore(path: place.file, options: options, now: { clock.now })
            },
            persists: true
        )
    }

    /// Runs a test on an empty store, and closes and removes it.
    func withStore<T>(
        clock: Clock = Clock(),
        _ body: (any Store) async throws -> T
    ) async throws -> T {
        let place = try Place()
        let store = try await open(place, clock)
        let result: Result<T, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        await store.close()
        return try result.get()
    }
}

/// A folder that goes away with the last reference to it.
final class Place: Sendable {
    let folder: String
    private let schema = Mutex<PostgreSQLPlace?>(nil)
    var file: String { folder + "/martlet.db" }

    init() throws {
        var template = Array("/tmp/martlet-storage-XXXXXX".utf8CString)
        try template.withUnsafeMutableBufferPointer {
            let start = try #require($0.baseAddress)
            guard mkdtemp(start) != nil else { throw StorageError.unavailable("no folder") }
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The same in a server: a schema, made when it is first asked for.
    func inServer() async throws -> PostgreSQLPlace {
        if let schema = schema.withLock({ $0 }) { return schema }
        let made = try await PostgreSQLPlace()
        schema.withLock { $0 = made }
        return made
    }

    deinit {
        for suffix in ["", "-wal", "-shm", ".acknowledged"] { unlink(file + suffix) }
        rmdir(folder)
    }
}

/// A clock that the test moves.
final class Clock: Sendable {
    private let time = Mutex(Timestamp(microseconds: 1_000_000))

    var now: Timestamp { time.withLock { $0 } }

    func advance(seconds: Int64) {
        time.withLock { $0.microseconds += seconds * 1_000_000 }
    }
}

/// The cast, and shorthands for what the tests say often.
let romeo = JID(prepared: "romeo", "montague.example")
let juliet = JID(prepared: "juliet", "capulet.example")
let otherRomeo = JID(prepared: "romeo", "capulet.example")

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func at(_ microseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds) }

/// Texts that a store which puts texts together, instead of binding them, trips over.
let awkwardTexts = [
    "", " ", "'", "\"", "''; DROP TABLE account; --", "%", "_", "a%b", "a_b", "\\", "\\%", "?",
    "?1",
    ":a", "$1", "NULL", "0", "\u{0}", "a\u{0}b", "a\u{0}c", "é", "e\u{301}", "É", "ﬁ", "日本語", "👩‍👩‍👧",
    "\u{10FFFF}", "\u{FFFF}", "[a-z]", "a*", "\n", "\u{202E}",
]
