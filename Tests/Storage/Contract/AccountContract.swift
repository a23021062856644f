import MartletCore
import MartletStorage
import Testing

@Suite struct `Accounts` {
    @Test(arguments: Driver.all)
    func `come back as they were created`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let account = Account(
                romeo,
                verifiers: ["SCRAM-SHA-1": "a,b=c", "SCRAM-SHA-256": "d"],
                isDisabled: true,
                created: at(42)
            )
            try await store.createAccount(account)
            #expect(try await store.account(romeo) == account)
            #expect(try await store.account(romeo.with(preparedResource: "orchard")) == account)
        }
    }

    @Test(arguments: Driver.all)
    func `are told to who does not wait, as to who does`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo, verifiers: ["SCRAM-SHA-1": "a"]))
            for jid in [romeo, otherRomeo] {
                let found = await withCheckedContinuation { continuation in
                    store.account(jid) { continuation.resume(returning: $0) }
                }
                #expect(try found.get() == (try await store.account(jid)))
            }
            await store.close()
            let late = await withCheckedContinuation { continuation in
                store.account(romeo) { continuation.resume(returning: $0) }
            }
            #expect(throws: StorageError.unavailable("it is closed")) { try late.get() }
        }
    }

    @Test(arguments: Driver.all)
    func `are created once`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo, verifiers: ["PLAIN": "first"]))
            await #expect(throws: StorageError.conflict) {
                try await store.createAccount(Account(romeo, verifiers: ["PLAIN": "second"]))
            }
            #expect(try await store.account(romeo)?.verifiers == ["PLAIN": "first"])
        }
    }

    @Test(arguments: Driver.all)
    func `need a localpart`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            await #expect(throws: StorageError.invalid("an account has a localpart")) {
                try await store.createAccount(Account(romeo.domain))
            }
            #expect(try await store.account(romeo.domain) == nil)
        }
    }

    @Test(arguments: Driver.all)
    func `of the same localpart in two domains are two`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo))
            #expect(try await store.account(otherRomeo) == nil)
            try await store.createAccount(Account(otherRomeo))
            try await store.setDisabled(true, of: otherRomeo)
            #expect(try await store.account(romeo)?.isDisabled == false)
            #expect(try await store.countAccounts(in: "montague.example") == 1)
        }
    }

    @Test(arguments: Driver.all)
    func `change their verifiers and whether they may log in`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo, verifiers: ["a": "1"], created: at(7)))
            try await store.setVerifiers(["b": "2"], of: romeo)
            try await store.setDisabled(true, of: romeo)
            let changed = Account(romeo, verifiers: ["b": "2"], isDisabled: true, created: at(7))
            #expect(try await store.account(romeo) == changed)
        }
    }

    @Test(arguments: Driver.all)
    func `replace verifiers that are still what the caller knows`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo, verifiers: ["a": "1", "b": "2"]))
            for other in [[:], ["a": "1"], ["a": "1", "b": "3"], ["a": "1", "b": "2", "c": ""]] {
                await #expect(throws: StorageError.conflict) {
                    try await store.replaceVerifiers(other, with: ["x": "y"], of: romeo)
                }
            }
            #expect(try await store.account(romeo)?.verifiers == ["a": "1", "b": "2"])
            try await store.replaceVerifiers(["b": "2", "a": "1"], with: ["c": "3"], of: romeo)
            #expect(try await store.account(romeo)?.verifiers == ["c": "3"])
        }
    }

    @Test(arguments: Driver.all)
    func `let one of many replace the same verifiers`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo, verifiers: ["a": "old"]))
            let winners = await withTaskGroup(of: String?.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        do {
                            let new = ["a": "\(number)"]
                            try await store.replaceVerifiers(["a": "old"], with: new, of: romeo)
                            return "\(number)"
                        } catch {
                            return nil
                        }
                    }
                }
                var names: [String] = []
                for await case let name? in group { names.append(name) }
                return names
            }
            #expect(winners.count == 1)
            #expect(try await store.account(romeo)?.verifiers["a"] == winners.first)
        }
    }

    @Test(arguments: Driver.all)
    func `that are not there cannot be changed or removed`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for jid in [romeo, romeo.domain] {
                await #expect(throws: StorageError.notFound) {
                    try await store.setVerifiers([:], of: jid)
                }
                await #expect(throws: StorageError.notFound) {
                    try await store.replaceVerifiers([:], with: ["a": "1"], of: jid)
                }
                await #expect(throws: StorageError.notFound) {
                    try await store.setDisabled(true, of: jid)
                }
                await #expect(throws: StorageError.notFound) {
                    try await store.removeAccount(jid)
                }
            }
        }
    }

    @Test(arguments: Driver.all)
    func `are listed by pages in the order of their bytes`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let names = ["b", "a", "ab", "Z", "é", "z", "日", "a_", "a%"]
            for name in names {
                try await store.createAccount(Account(JID(prepared: name, "many.example")))
            }
            try await store.createAccount(Account(romeo))
            var listed: [String] = []
            var sizes: [Int] = []
            while sizes.last != 0 {
                let page = try await store.accounts(
                    in: "many.example",
                    after: listed.last,
                    limit: 4
                )
                listed += page.compactMap(\.jid.localpart)
                sizes.append(page.count)
            }
            #expect(listed == ["Z", "a", "a%", "a_", "ab", "b", "z", "é", "日"])
            #expect(sizes == [4, 4, 1, 0])
            #expect(try await store.countAccounts(in: "many.example") == 9)
        }
    }

    @Test(arguments: Driver.all)
    func `of an unknown domain are none`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.accounts(in: "no.example", after: nil, limit: 9).isEmpty)
            #expect(try await store.countAccounts(in: "no.example") == 0)
            await #expect(throws: StorageError.self) {
                try await store.accounts(in: "no.example", after: nil, limit: -1)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `take all they own with them, and nothing of a neighbour`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let kept = [otherRomeo, JID(prepared: "romeo2", "montague.example")]
            for jid in [romeo] + kept { try await fill(jid, in: store) }
            try await store.removeAccount(romeo)
            #expect(try await store.account(romeo) == nil)
            try await expectNothing(of: romeo, in: store)
            for jid in kept { try await expectEverything(of: jid, in: store) }
            try await store.createAccount(Account(romeo))
            try await expectNothing(of: romeo, in: store)
        }
    }

    @Test(arguments: Driver.all)
    func `begin with nothing, whatever was left behind under the name`(driver: Driver) async throws
    {
        try await driver.withStore { store async throws in
            try await fill(romeo, in: store)
            try await store.removeAccount(romeo)
            try await store.setRosterItem(RosterItem(juliet), of: romeo)
            try await store.createAccount(Account(romeo))
            try await expectNothing(of: romeo, in: store)
        }
    }

    @Test(arguments: Driver.all)
    func `stay when only what they own is removed`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await fill(romeo, in: store)
            try await store.removeAll(of: Owner(romeo))
            #expect(try await store.account(romeo) != nil)
            try await expectNothing(of: romeo, in: store)
            try await store.removeAll(of: Owner(romeo))
        }
    }

    @Test(arguments: Driver.all)
    func `keep awkward localparts, domains and verifiers apart`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let texts = awkwardTexts.filter { !$0.isEmpty && !$0.contains("@") }
            for text in texts {
                let verifiers = [text: text + "!"]
                let local = Account(JID(prepared: text, "a.example"), verifiers: verifiers)
                let domain = Account(JID(prepared: "a", text), verifiers: verifiers)
                try await store.createAccount(local)
                try await store.createAccount(domain)
            }
            for text in texts {
                let local = try await store.account(JID(prepared: text, "a.example"))
                #expect(local?.jid == JID(prepared: text, "a.example"))
                #expect(local?.verifiers == [text: text + "!"])
                #expect(try await store.countAccounts(in: text) == 1)
                let domain = try await store.accounts(in: text, after: nil, limit: 9)
                #expect(domain.map(\.jid) == [JID(prepared: "a", text)])
            }
            #expect(try await store.countAccounts(in: "a.example") == texts.count)
        }
    }

    @Test(arguments: Driver.all)
    func `cannot be reached when the store is closed`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            await store.close()
            await #expect(throws: StorageError.unavailable("it is closed")) {
                try await store.account(romeo)
            }
            await #expect(throws: StorageError.unavailable("it is closed")) {
                try await store.createAccount(Account(romeo))
            }
        }
    }
}

/// Gives an account something of each kind.
private func fill(_ jid: JID, in store: any Store) async throws {
    try await store.createAccount(Account(jid))
    try await store.setRosterItem(RosterItem(juliet), of: jid)
    try await store.putDocument("k", in: "c", of: Owner(jid), value: [1])
    let entry = NewLogEntry(time: at(1), columns: ["with": "x"], value: [2])
    try await store.append([entry, entry], to: "l", of: Owner(jid))
}

private func expectNothing(of jid: JID, in store: any Store) async throws {
    #expect(try await store.roster(of: jid) == Roster())
    #expect(try await store.countRosterItems(of: jid) == 0)
    #expect(try await store.document("k", in: "c", of: Owner(jid)) == nil)
    #expect(try await store.size(of: "l", of: Owner(jid)) == LogSize())
    let query = LogQuery([.column("with", .equal("x"))], limit: 9)
    #expect(try await store.query(query, in: "l", of: Owner(jid)) == LogPage())
}

private func expectEverything(of jid: JID, in store: any Store) async throws {
    #expect(try await store.account(jid) != nil)
    #expect(try await store.roster(of: jid).items == [RosterItem(juliet)])
    #expect(try await store.document("k", in: "c", of: Owner(jid))?.value == [1])
    #expect(try await store.size(of: "l", of: Owner(jid)) == LogSize(count: 2, bytes: 2))
}
