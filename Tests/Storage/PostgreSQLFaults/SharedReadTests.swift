import MartletCore
import MartletStorage
import Testing

@testable import MartletStoragePostgreSQL

/// Reads that share a round with one that fails.
@Suite(.timeLimit(.minutes(5)))
struct `A read that fails in PostgreSQL` {
    @Test func `fails nobody who asked at the same time`() async throws {
        let place = try await PostgreSQLPlace()
        // Long for a read, short for one that waits in vain.
        let store = try await PostgreSQLStore.open(url: place.url + "%20-cstatement_timeout%3D2000")
        try await store.changeRoster([.set(RosterItem(juliet))], of: romeo)
        let holder = try await Holder(place.url, "LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    if number.isMultiple(of: 20) {
                        let account = await Result { try await store.account(romeo) }
                        #expect(account.isUnavailable)
                    } else {
                        let roster = try? await store.roster(of: romeo)
                        #expect(roster?.items.map(\.jid) == [juliet])
                    }
                }
            }
        }
        try await holder.letGo()
        #expect(try await store.account(romeo) == nil)
        await store.close()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }

    fileprivate var isUnavailable: Bool {
        if case .failure(let error as StorageError) = self, case .unavailable = error {
            true
        } else {
            false
        }
    }
}
