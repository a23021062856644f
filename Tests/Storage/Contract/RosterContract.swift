import MartletCore
import MartletStorage
import Testing

@Suite struct `Rosters` {
    @Test(arguments: Driver.all)
    func `are empty at first`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.roster(of: romeo) == Roster())
            #expect(try await store.rosterItem(juliet, of: romeo) == nil)
            #expect(try await store.countRosterItems(of: romeo) == 0)
            let history = try await store.rosterChanges(of: romeo, since: 0)
            #expect(history == RosterHistory(steps: [], version: 0))
            #expect(try await store.rosterChanges(of: romeo, since: 1) == nil)
        }
    }

    @Test(arguments: Driver.all)
    func `keep every field of every contact`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let items = everyKindOfItem()
            for item in items { try await store.setRosterItem(item, of: romeo) }
            let roster = try await store.roster(of: romeo)
            #expect(Set(roster.items) == Set(items))
            #expect(roster.items.count == items.count)
            #expect(try await store.countRosterItems(of: romeo) == items.count)
            for item in items {
                #expect(try await store.rosterItem(item.jid, of: romeo) == item)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `are in the order of the addresses`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for name in ["b", "é", "a", "Z", "ab"] {
                try await store.setRosterItem(
                    RosterItem(JID(prepared: name, "x.example")),
                    of: romeo
                )
            }
            let names = try await store.roster(of: romeo).items.map(\.jid.localpart)
            #expect(names == ["Z", "a", "ab", "b", "é"])
        }
    }

    @Test(arguments: Driver.all)
    func `replace and remove contacts, each with a newer version`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let first = try await store.setRosterItem(RosterItem(juliet), of: romeo)
            let second = try await store.setRosterItem(
                RosterItem(juliet, name: "Juliet"),
                of: romeo
            )
            #expect(first > 0 && second > first)
            #expect(try await store.roster(of: romeo).items.map(\.name) == ["Juliet"])
            let third = try await store.removeRosterItem(juliet, of: romeo)
            #expect(third > second)
            #expect(try await store.roster(of: romeo) == Roster(items: [], version: third))
            #expect(try await store.rosterItem(juliet, of: romeo) == nil)
        }
    }

    @Test(arguments: Driver.all)
    func `stay as they are when nobody is removed`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            #expect(try await store.removeRosterItem(juliet, of: romeo) == 0)
            #expect(try await store.roster(of: romeo) == Roster())
            let version = try await store.setRosterItem(RosterItem(juliet), of: romeo)
            #expect(try await store.removeRosterItem(otherRomeo, of: romeo) == version)
            #expect(try await store.changeRoster([], of: romeo) == version)
            #expect(try await store.roster(of: romeo).version == version)
        }
    }

    @Test(arguments: Driver.all)
    func `make several changes in one step`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let version = try await store.changeRoster(
                [.set(RosterItem(juliet)), .set(RosterItem(otherRomeo)), .remove(juliet)],
                of: romeo
            )
            let roster = Roster(items: [RosterItem(otherRomeo)], version: version)
            #expect(try await store.roster(of: romeo) == roster)
            #expect(try await store.countRosterItems(of: romeo) == 1)
        }
    }

    @Test(arguments: Driver.all)
    func `tell what changed since a version`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let first = try await store.setRosterItem(RosterItem(juliet), of: romeo)
            let second = try await store.setRosterItem(RosterItem(otherRomeo), of: romeo)
            let third = try await store.removeRosterItem(juliet, of: romeo)
            let last = try await store.setRosterItem(
                RosterItem(otherRomeo, name: "The other"),
                of: romeo
            )
            let steps = [
                RosterHistory.Step(version: third, change: .remove(juliet)),
                RosterHistory.Step(
                    version: last,
                    change: .set(RosterItem(otherRomeo, name: "The other"))
                ),
            ]
            for (since, expected) in [(first, steps), (second, steps), (third, [steps[1]])] {
                let history = try await store.rosterChanges(of: romeo, since: since)
                #expect(history == RosterHistory(steps: expected, version: last))
            }
            let nothing = RosterHistory(steps: [], version: last)
            #expect(try await store.rosterChanges(of: romeo, since: last) == nothing)
            #expect(try await store.rosterChanges(of: romeo, since: last + 1) == nil)
            #expect(try await store.rosterChanges(of: romeo, since: -1) == nil)
        }
    }

    @Test(arguments: Driver.all)
    func `forget old removals, and say so`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let contacts = (0..<StoreBounds.removedRosterItems + 5).map {
                JID(prepared: "c\($0)", "x.example")
            }
            let full = try await store.changeRoster(
                contacts.map { .set(RosterItem($0)) },
                of: romeo
            )
            var versions: [Int64] = []
            for contact in contacts {
                versions.append(try await store.removeRosterItem(contact, of: romeo))
            }
            #expect(try await store.rosterChanges(of: romeo, since: full) == nil)
            #expect(try await store.rosterChanges(of: romeo, since: versions[3]) == nil)
            let history = try await store.rosterChanges(of: romeo, since: versions[4])
            #expect(history?.steps.count == StoreBounds.removedRosterItems)
            #expect(try await store.countRosterItems(of: romeo) == 0)
        }
    }

    @Test(arguments: Driver.all)
    func `never take a version of an earlier life for one of theirs`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await store.createAccount(Account(romeo))
            let old = try await store.setRosterItem(RosterItem(juliet), of: romeo)
            try await store.removeAccount(romeo)
            try await store.createAccount(Account(romeo))
            let new = try await store.setRosterItem(RosterItem(otherRomeo), of: romeo)
            #expect(new > old)
            #expect(try await store.rosterChanges(of: romeo, since: old) == nil)
            #expect(try await store.rosterChanges(of: romeo, since: new)?.steps.isEmpty == true)
        }
    }

    @Test(arguments: Driver.all)
    func `keep awkward names, groups and contacts`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let items = awkwardTexts.filter { !$0.isEmpty }.map { text in
                RosterItem(
                    JID(prepared: text, "x.example"),
                    name: text,
                    groups: [text, "", text + text]
                )
            }
            _ = try await store.changeRoster(items.map { .set($0) }, of: romeo)
            #expect(Set(try await store.roster(of: romeo).items) == Set(items))
            for item in items {
                #expect(try await store.rosterItem(item.jid, of: romeo) == item)
            }
        }
    }
}

/// Items that differ in each flag, with and without the optional fields.
private func everyKindOfItem() -> [RosterItem] {
    var items: [RosterItem] = []
    for subscription in Subscription.allCases {
        for flags in 0..<16 {
            items.append(
                RosterItem(
                    JID(prepared: "c\(flags)", "\(subscription).example"),
                    name: flags & 1 == 0 ? nil : "",
                    groups: flags & 1 == 0 ? [] : ["Friends", "日本"],
                    subscription: subscription,
                    isPendingOut: flags & 1 != 0,
                    isPendingIn: flags & 2 != 0,
                    isPreApproved: flags & 4 != 0,
                    pendingRequest: flags & 2 == 0 ? nil : bytes("<presence/>"),
                    isInRoster: flags & 8 != 0
                )
            )
        }
    }
    items.append(RosterItem(JID(prepared: nil, "service.example", "resource@with/all")))
    return items
}
