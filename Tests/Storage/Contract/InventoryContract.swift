import MartletCore
import MartletStorage
import Testing

@Suite struct `What there is` {
    @Test(arguments: Driver.all)
    func `is nothing at first`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.domains(after: nil, limit: 9).isEmpty)
            #expect(try await store.owners(in: "a.example", after: nil, limit: 9).isEmpty)
            #expect(try await store.collections(of: Owner(romeo)).isEmpty)
            #expect(try await store.newestNumber() == 0)
            await #expect(throws: StorageError.self) {
                try await store.domains(after: nil, limit: -1)
            }
            await #expect(throws: StorageError.self) {
                try await store.owners(in: "a.example", after: nil, limit: -1)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `lists domains with accounts or owners by pages`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo))
            for domain in ["é.example", "b.example", "a.example", "Z", "a.example"] {
                try await store.putDocument("k", in: "c", of: Owner(domain: domain), value: [])
            }
            var listed: [String] = []
            var sizes: [Int] = []
            while sizes.last != 0 {
                let page = try await store.domains(after: listed.last, limit: 2)
                listed += page
                sizes.append(page.count)
            }
            let all = ["Z", "a.example", "b.example", "montague.example", "é.example"]
            #expect(listed == all)
            #expect(sizes == [2, 2, 1, 0])
        }
    }

    @Test(arguments: Driver.all)
    func `lists a domain's owners by pages, the domain first`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for name in ["b", "", "a!", "a@x", "é", "a"] {
                let owner = Owner(domain: "x", name: name)
                try await store.putDocument("k", in: "c", of: owner, value: [])
            }
            try await store.setRosterItem(RosterItem(juliet), of: romeo)
            let entry = NewLogEntry(time: at(1), value: [])
            try await store.append([entry], to: "l", of: Owner(otherRomeo))
            var listed: [String] = []
            while true {
                let page = try await store.owners(in: "x", after: listed.last, limit: 4)
                guard !page.isEmpty else { break }
                listed += page.map(\.name)
            }
            #expect(listed == ["", "a", "a!", "a@x", "b", "é"])
            let romeos = try await store.owners(in: romeo.domainpart, after: nil, limit: 9)
            #expect(romeos == [Owner(romeo)])
            let others = try await store.owners(in: otherRomeo.domainpart, after: nil, limit: 9)
            #expect(others == [Owner(otherRomeo)])
        }
    }

    @Test(arguments: Driver.all)
    func `lists each collection of an owner once`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let owner = Owner(romeo)
            for (key, collection) in [("1", "z"), ("2", "z"), ("1", "é"), ("1", "a"), ("1", "")] {
                try await store.putDocument(key, in: collection, of: owner, value: [1])
            }
            for log in ["m", "a", "m"] {
                try await store.append([NewLogEntry(time: at(1), value: [])], to: log, of: owner)
            }
            try await store.putDocument("1", in: "else", of: Owner(juliet), value: [])
            let found = try await store.collections(of: owner)
            #expect(found == OwnedCollections(documents: ["", "a", "z", "é"], logs: ["a", "m"]))
        }
    }

    @Test(arguments: Driver.all)
    func `is gone with what was removed`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo))
            try await store.putDocument("k", in: "c", of: Owner(romeo), value: [1])
            try await store.append(
                [NewLogEntry(time: at(1), value: [])],
                to: "l",
                of: Owner(romeo)
            )
            try await store.removeAccount(romeo)
            #expect(try await store.domains(after: nil, limit: 9).isEmpty)
            #expect(try await store.owners(in: romeo.domainpart, after: nil, limit: 9).isEmpty)
            #expect(try await store.collections(of: Owner(romeo)).isEmpty)
        }
    }

    @Test(arguments: Driver.all)
    func `keeps awkward names apart`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for text in awkwardTexts {
                let owner = Owner(domain: text, name: text)
                try await store.putDocument("k", in: text, of: owner, value: [])
            }
            let sorted = awkwardTexts.sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            let domains = try await store.domains(after: nil, limit: 99)
            #expect(domains.map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
            for text in awkwardTexts {
                let owner = Owner(domain: text, name: text)
                #expect(try await store.owners(in: text, after: nil, limit: 9) == [owner])
                #expect(try await store.owners(in: text, after: text, limit: 9).isEmpty)
                #expect(try await store.collections(of: owner).documents == [text])
            }
        }
    }
}

@Suite struct `Numbers` {
    @Test(arguments: Driver.all)
    func `can go on where another store's ended`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let first = try await store.putDocument("k", in: "c", of: Owner(romeo), value: [])
            #expect(try await store.newestNumber() >= first)
            try await store.skipNumbers(through: 1_000_000)
            #expect(try await store.newestNumber() >= 1_000_000)
            #expect(try await store.setRosterItem(RosterItem(juliet), of: romeo) > 1_000_000)
            let document = try await store.putDocument("k", in: "c", of: Owner(romeo), value: [])
            #expect(document > 1_000_000)
            let entry = NewLogEntry(time: at(1), value: [])
            let ids = try await store.append([entry], to: "l", of: Owner(romeo))
            #expect(ids.allSatisfy { $0 > 1_000_000 })
            let newest = try await store.newestNumber()
            #expect(newest >= max(document, ids.last ?? .max))
        }
    }

    @Test(arguments: Driver.all)
    func `never go back, nor too far`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.skipNumbers(through: 500)
            try await store.skipNumbers(through: 3)
            try await store.skipNumbers(through: -1)
            await #expect(throws: StorageError.invalid("a number is too large")) {
                try await store.skipNumbers(through: StoreBounds.largestNumber + 1)
            }
            try await store.skipNumbers(through: StoreBounds.largestNumber)
            let version = try await store.putDocument("k", in: "c", of: Owner(romeo), value: [])
            #expect(version > StoreBounds.largestNumber)
        }
    }

    /// What a client knows of a roster from before, as a version, is not taken for one of this store's.
    @Test(arguments: Driver.all)
    func `of a roster elsewhere are not mistaken here`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.skipNumbers(through: 10)
            try await store.setRosterItem(RosterItem(juliet), of: romeo)
            try await store.setRosterItem(RosterItem(otherRomeo), of: romeo)
            #expect(try await store.rosterChanges(of: romeo, since: 10) == nil)
        }
    }
}
