import CPlugin
import Synchronization
import Testing

@testable import MartletPluginKit

/// Whom users block, between a plugin that keeps it and others.
@Suite struct KitBlocklistTests {
    private final class Keeper: BlocklistKeeper {
        let limit = 2
        let list = Mutex(["juliet@capulet.example"])

        func blocklist(of account: JID) async throws(StanzaError) -> [String] {
            guard account.localpart == "romeo" else { throw .itemNotFound }
            return list.withLock { $0 }
        }

        func replaceBlocklist(of account: JID, with addresses: [JID]) async throws(StanzaError) {
            guard addresses.count <= limit else { throw StanzaError(.resourceConstraint) }
            list.withLock { $0 = addresses.map(\.description) }
        }

        func blocks(_ address: JID, for account: JID) async throws(StanzaError) -> Bool {
            list.withLock { $0.contains(address.description) }
        }

        func blocks(_ address: JID, at place: borrowing Place) -> Bool? {
            guard !place.sessions.isEmpty else { return nil }
            return list.withLock { $0.contains(address.description) }
        }
    }

    private final class Judge: BlocklistJudge {
        let told = Mutex<[String]>([])

        func blocklistChanges(
            _ addresses: [JID],
            at place: borrowing Place,
            _ apply: () -> Void
        ) {
            let account = place.account?.description ?? ""
            told.withLock { $0 = [account] + addresses.map(\.description) }
            apply()
        }
    }

    private let fake = FakeSite()
    private let keeper = Keeper()
    private let romeo: JID
    private let juliet: JID
    private let tybalt: JID

    init() throws {
        FakeCore.install()
        romeo = try #require(JID("romeo@montague.example"))
        juliet = try #require(JID("juliet@capulet.example"))
        tybalt = try #require(JID("tybalt@capulet.example/square"))
        #expect(fake.site.blocklist == nil)
        #expect(fake.site.provideBlocklist(by: keeper))
    }

    @Test func `is offered once`() {
        #expect(!fake.site.provideBlocklist(by: keeper))
    }

    @Test(.timeLimit(.minutes(5))) func `is read, and replaced within its limit`() async throws {
        let blocklist = try #require(fake.site.blocklist)
        #expect(blocklist.limit == 2)
        #expect(try await blocklist.addresses(of: romeo) == [juliet])
        #expect(try await blocklist.blocks(juliet, for: romeo))
        #expect(try await !blocklist.blocks(tybalt, for: romeo))
        try await blocklist.replace(of: romeo, with: [tybalt])
        #expect(try await blocklist.addresses(of: romeo) == [tybalt])
        try await blocklist.replace(of: romeo, with: [])
        #expect(try await blocklist.addresses(of: romeo) == [])
        let tooMany = await #expect(throws: StanzaError.self) {
            try await blocklist.replace(of: romeo, with: [juliet, tybalt, romeo])
        }
        #expect(tooMany?.condition == .resourceConstraint)
        let failure = await #expect(throws: StanzaError.self) {
            try await blocklist.addresses(of: juliet)
        }
        #expect(failure?.condition == .internalServerError)
    }

    @Test func `is asked at a home, where it may not be in memory`() async throws {
        let blocklist = try #require(fake.site.blocklist)
        fake.home = FakeHome("romeo@montague.example", [.init(id: 1, address: "romeo@m.example/o")])
        let found = await fake.site.visit(romeo) { [juliet, tybalt] place in
            [blocklist.blocks(juliet, at: place), blocklist.blocks(tybalt, at: place)]
        }
        #expect(found == [true, false])
        fake.home = FakeHome("romeo@montague.example")
        let other = await fake.site.visit(romeo) { [juliet] in blocklist.blocks(juliet, at: $0) }
        #expect(other == .some(nil))
    }

    @Test(.timeLimit(.minutes(5))) func `is gone with its keeper`() async throws {
        let other = FakeSite()
        do {
            let brief = Keeper()
            #expect(other.site.provideBlocklist(by: brief))
        }
        let blocklist = try #require(other.site.blocklist)
        await #expect(throws: StanzaError.self) { try await blocklist.addresses(of: romeo) }
    }

    @Test func `a change is the judge's, where there is one`() async throws {
        fake.home = FakeHome("romeo@montague.example")
        let count = Atomic(0)
        let alone = await fake.site.visit(romeo) { [tybalt] place in
            place.changeBlocklist([tybalt]) { count.add(1, ordering: .relaxed) }
        }
        #expect(alone == false)
        #expect(count.load(ordering: .relaxed) == 0)
        #expect(!fake.site.hasBlocklistJudge)

        let judge = Judge()
        #expect(fake.site.provideBlocklistJudge(judge))
        #expect(fake.site.hasBlocklistJudge)
        let judged = await fake.site.visit(romeo) { [tybalt] place in
            place.changeBlocklist([tybalt]) { count.add(1, ordering: .relaxed) }
        }
        #expect(judged == true)
        #expect(count.load(ordering: .relaxed) == 1)
        #expect(judge.told.withLock { $0 } == [romeo.description, tybalt.description])
    }
}
