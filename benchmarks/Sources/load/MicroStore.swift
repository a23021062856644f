import Foundation
import MartletCore
import MartletStorage
import MartletStorageSQLite

/// What the store on disk is asked most often; as many calls at once as many clients make.
enum StoreBench {
    static let name = "store"
    private static let atOnce = 64
    private static let contacts = 200

    static func measure(_ stopwatch: Stopwatch) async throws -> [(String, StepCost)] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-micro-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore(path: folder.appendingPathComponent("martlet.db").path)
        do {
            let costs = try await measure(stopwatch, store)
            await store.close()
            return costs
        } catch {
            await store.close()
            throw error
        }
    }

    private static func measure(
        _ stopwatch: Stopwatch,
        _ store: SQLiteStore
    ) async throws -> [(String, StepCost)] {
        let juliet = try JID("juliet@capulet.example")
        try await store.createAccount(Account(juliet, verifiers: [:]))
        let changes = try (0..<contacts).map {
            RosterChange.set(RosterItem(try JID("user\($0)@capulet.example"), subscription: .both))
        }
        _ = try await store.changeRoster(changes, of: juliet)
        let owner = Owner(juliet)
        let append = try await stopwatch.measureWaiting(batch: atOnce) {
            try await together { try await store.append([entry], to: "archive", of: owner) }
        }
        let read = try await stopwatch.measureWaiting(batch: atOnce) {
            try await together { _ = try await store.roster(of: juliet) }
        }
        return [
            ("\(name): append a message, \(atOnce) at once", append),
            ("\(name): read a roster of \(contacts)", read),
        ]
    }

    private static var entry: NewLogEntry {
        NewLogEntry(
            time: .now(),
            columns: ["with": "romeo@montague.example"],
            value: Array(Micro.message.utf8)
        )
    }

    private static func together(
        _ call: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<atOnce { group.addTask { try await call() } }
            try await group.waitForAll()
        }
    }
}
