import MartletCore
import MartletStorage
import Testing

private let owner = Owner(romeo)

/// What a store may do together for several callers has each as if it were alone.
@Suite struct `Calls that are made at once` {
    @Test(arguments: Driver.all)
    func `remove each entry of one log once, whoever else removes it`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let entries = (1...200).map { NewLogEntry(id: $0, time: at($0), value: [7]) }
            try await store.append(entries, to: "l", of: owner)
            let removed = await withTaskGroup(of: Int.self) { group in
                for id in Int64(1)...150 {
                    // Some ask for two, so that most are asked for twice.
                    let ids = id.isMultiple(of: 2) ? [id] : [id, id + 1, id]
                    group.addTask {
                        (try? await store.removeEntries(ids, from: "l", of: owner)) ?? -1_000
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(removed == 150)
            #expect(try await store.size(of: "l", of: owner) == LogSize(count: 50, bytes: 50))
            let rest = try await store.query(LogQuery(limit: 99), in: "l", of: owner)
            #expect(rest.entries.map(\.id) == Array(151...200))
        }
    }

    @Test(arguments: Driver.all)
    func `remove entries, append others and trim the log`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let entries = (1...60).map { NewLogEntry(id: $0, time: at($0), value: [7]) }
            try await store.append(entries, to: "l", of: owner)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in Int64(1)...20 {
                    group.addTask {
                        try await store.removeEntries([3 * id], from: "l", of: owner)
                    }
                    group.addTask {
                        let entry = NewLogEntry(time: at(100), columns: ["c": "x"], value: [1, 2])
                        let ids = try await store.append([entry], to: "l", of: owner)
                        try await store.removeEntries(ids, from: "l", of: owner)
                    }
                }
                group.addTask { try await store.trim(.through(10), in: "l", of: owner) }
                try await group.waitForAll()
            }
            let left = (Int64(11)...60).filter { !$0.isMultiple(of: 3) }
            let rest = try await store.query(LogQuery(limit: 99), in: "l", of: owner)
            #expect(rest.entries.map(\.id) == left)
            let size = try await store.size(of: "l", of: owner)
            #expect(size == LogSize(count: left.count, bytes: left.count))
        }
    }

    @Test(arguments: Driver.all)
    func `read each what they asked for`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let people = (0..<40).map { JID(prepared: "user\($0)", "montague.example") }
            for (number, person) in people.enumerated() where !number.isMultiple(of: 4) {
                try await store.createAccount(Account(person, verifiers: ["n": "\(number)"]))
                let items = (0..<number % 4).map {
                    RosterChange.set(RosterItem(JID(prepared: "friend\($0)", "x.example")))
                }
                try await store.changeRoster(items, of: person)
                let entry = NewLogEntry(time: at(1), value: bytes("\(number)"))
                try await store.append([entry], to: "l", of: Owner(person))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, person) in people.enumerated() {
                    let isThere = !number.isMultiple(of: 4)
                    let size = isThere ? LogSize(count: 1, bytes: "\(number)".count) : LogSize()
                    group.addTask {
                        let account = try await store.account(person)
                        #expect(account?.verifiers == (isThere ? ["n": "\(number)"] : nil))
                    }
                    group.addTask {
                        let roster = try await store.roster(of: person)
                        #expect(roster.items.count == number % 4)
                        let count = try await store.countRosterItems(of: person)
                        #expect(count == number % 4)
                    }
                    group.addTask {
                        let read = try await rosterAndSize(of: person, in: store)
                        #expect(read.0.items.count == number % 4 && read.1 == size)
                        let other = try await store.size(of: "l", of: Owner(person))
                        #expect(other == size)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

private func rosterAndSize(of jid: JID, in store: any Store) async throws -> (Roster, LogSize) {
    try await withCheckedContinuation { continuation in
        store.readRoster(of: jid, sizing: "l") { continuation.resume(returning: $0) }
    }
    .get()
}
