import MartletCore
import MartletStorage
import Testing

private let owner = Owner(romeo)

@Suite struct `Documents` {
    @Test(arguments: Driver.all)
    func `are read as they were put`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.document("k", in: "c", of: owner) == nil)
            let version = try await store.putDocument("k", in: "c", of: owner, value: [0, 255])
            let document = Document(key: "k", value: [0, 255], version: version)
            #expect(version > 0)
            #expect(try await store.document("k", in: "c", of: owner) == document)
        }
    }

    @Test(arguments: Driver.all)
    func `have a newer version after each put`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            var last: Int64 = 0
            for round in 0..<5 {
                let version = try await store.putDocument(
                    "k",
                    in: "c",
                    of: owner,
                    value: [UInt8(round)]
                )
                #expect(version > last)
                last = version
            }
            let deleted = try await store.deleteDocument("k", in: "c", of: owner)
            let version = try await store.putDocument("k", in: "c", of: owner, value: [])
            #expect(deleted && version > last)
        }
    }

    @Test(arguments: Driver.all)
    func `are put only when their version is as expected`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            await #expect(throws: StorageError.conflict) {
                try await put("a", .exactly(1), in: store)
            }
            let first = try await put("b", .absent, in: store)
            await #expect(throws: StorageError.conflict) { try await put("c", .absent, in: store) }
            let second = try await put("d", .exactly(first), in: store)
            await #expect(throws: StorageError.conflict) {
                try await put("e", .exactly(first), in: store)
            }
            #expect(try await store.document("k", in: "c", of: owner)?.value == bytes("d"))
            try await put("f", .any, in: store)
            await #expect(throws: StorageError.conflict) {
                try await put("g", .exactly(second), in: store)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `are deleted only when their version is as expected`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.deleteDocument("k", in: "c", of: owner) == false)
            await #expect(throws: StorageError.conflict) {
                try await store.deleteDocument("k", in: "c", of: owner, ifVersion: .exactly(1))
            }
            let version = try await put("a", .any, in: store)
            await #expect(throws: StorageError.conflict) {
                try await store.deleteDocument("k", in: "c", of: owner, ifVersion: .absent)
            }
            let expected = VersionCondition.exactly(version)
            #expect(
                try await store.deleteDocument("k", in: "c", of: owner, ifVersion: expected)
            )
            #expect(try await store.document("k", in: "c", of: owner) == nil)
        }
    }

    @Test(arguments: Driver.all)
    func `of others are left alone`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let owners = [
                owner, Owner(otherRomeo), Owner(domain: "montague.example"),
                Owner(domain: "montague.example", name: "romeo"),
                Owner(domain: "capulet.example", name: "romeo"), Owner(domain: "capulet.example"),
            ]
            for (index, owner) in owners.enumerated() {
                try await store.putDocument("k", in: "c", of: owner, value: [UInt8(index)])
                try await store.putDocument("k", in: "d", of: owner, value: [99])
            }
            for (index, owner) in owners.enumerated() {
                let value = try await store.document("k", in: "c", of: owner)?.value
                #expect(value == [UInt8(index)])
            }
            try await store.deleteDocument("k", in: "c", of: owners[0])
            for (index, owner) in owners.enumerated() {
                #expect(
                    try await store.countDocuments(in: "c", of: owner) == (index == 0 ? 0 : 1)
                )
                #expect(try await store.countDocuments(in: "d", of: owner) == 1)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `are listed by prefix and page`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for key in ["a", "a:", "a:1", "a:2", "a:é", "a;", "b", ""] {
                try await store.putDocument(key, in: "c", of: owner, value: bytes(key))
            }
            func keys(_ prefix: String, after: String? = nil, limit: Int = 99)
                async throws -> [String]
            {
                try await store.documents(
                    in: "c",
                    of: owner,
                    prefix: prefix,
                    after: after,
                    limit: limit
                ).map(\.key)
            }
            #expect(try await keys("") == ["", "a", "a:", "a:1", "a:2", "a:é", "a;", "b"])
            #expect(try await keys("", after: "") == ["a", "a:", "a:1", "a:2", "a:é", "a;", "b"])
            #expect(try await keys("a:") == ["a:", "a:1", "a:2", "a:é"])
            #expect(try await keys("a:", after: "a:1") == ["a:2", "a:é"])
            #expect(try await keys("a:", after: "a") == ["a:", "a:1", "a:2", "a:é"])
            #expect(try await keys("a:", after: "a:é") == [])
            #expect(try await keys("a:", after: "b") == [])
            #expect(try await keys("a:", limit: 2) == ["a:", "a:1"])
            #expect(try await keys("a:", limit: 0) == [])
            #expect(try await keys("nothing") == [])
            #expect(try await store.documents(in: "other", of: owner, limit: 9) == [])
        }
    }

    @Test(arguments: Driver.all)
    func `keep awkward keys, collections and owners apart`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for text in awkwardTexts {
                let value = bytes(text)
                try await store.putDocument(text, in: "c", of: owner, value: value)
                try await store.putDocument("k", in: text, of: owner, value: value)
                let odd = Owner(domain: text, name: text)
                try await store.putDocument("k", in: "c", of: odd, value: value)
            }
            for text in awkwardTexts {
                let value = bytes(text)
                #expect(try await store.document(text, in: "c", of: owner)?.value == value)
                #expect(try await store.document("k", in: text, of: owner)?.value == value)
                let odd = Owner(domain: text, name: text)
                #expect(try await store.document("k", in: "c", of: odd)?.value == value)
                let listed = try await store.documents(
                    in: "c",
                    of: owner,
                    prefix: text,
                    limit: 99
                )
                let expected = awkwardTexts.filter { $0.utf8.starts(with: text.utf8) }
                #expect(Set(listed.map { bytes($0.key) }) == Set(expected.map(bytes)))
            }
            #expect(try await store.countDocuments(in: "c", of: owner) == awkwardTexts.count)
        }
    }

    @Test(arguments: Driver.all)
    func `may be empty, full of zeros or a mebibyte long`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let large = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for value in [[], [0, 0, 0], large] {
                try await store.putDocument("k", in: "c", of: owner, value: value)
                #expect(try await store.document("k", in: "c", of: owner)?.value == value)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `are gone from the moment they expire`(driver: Driver) async throws {
        let clock = Clock()
        try await driver.withStore(clock: clock) { store async throws in
            let moment = at(clock.now.microseconds + 10_000_000)
            let version = try await store.putDocument(
                "k",
                in: "c",
                of: owner,
                value: [1],
                expires: moment
            )
            try await store.putDocument("stays", in: "c", of: owner, value: [2])
            #expect(try await store.document("k", in: "c", of: owner)?.expires == moment)
            #expect(try await store.removeExpiredDocuments(limit: 9) == 0)
            clock.advance(seconds: 10)
            #expect(try await store.document("k", in: "c", of: owner) == nil)
            #expect(try await store.countDocuments(in: "c", of: owner) == 1)
            #expect(try await store.documents(in: "c", of: owner, limit: 9).count == 1)
            await #expect(throws: StorageError.conflict) {
                try await store.deleteDocument(
                    "k",
                    in: "c",
                    of: owner,
                    ifVersion: .exactly(version)
                )
            }
            try await put("again", .absent, in: store)
            #expect(try await store.removeExpiredDocuments(limit: 9) == 0)
            #expect(try await store.document("k", in: "c", of: owner)?.value == bytes("again"))
        }
    }

    @Test(arguments: Driver.all)
    func `that expired are removed by portions`(driver: Driver) async throws {
        let clock = Clock()
        try await driver.withStore(clock: clock) { store async throws in
            for key in ["a", "b", "c"] {
                let owner = Owner(domain: key)
                try await store.putDocument(key, in: "c", of: owner, value: [], expires: at(1))
            }
            #expect(try await store.removeExpiredDocuments(limit: 2) == 2)
            #expect(try await store.removeExpiredDocuments(limit: 2) == 1)
            #expect(try await store.removeExpiredDocuments(limit: 2) == 0)
        }
    }

    @discardableResult
    private func put(_ value: String, _ condition: VersionCondition, in store: any Store)
        async throws -> Int64
    {
        try await store.putDocument(
            "k",
            in: "c",
            of: owner,
            value: bytes(value),
            ifVersion: condition
        )
    }
}
