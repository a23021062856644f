import CPlugin
import Testing

@testable import MartletPluginKit

@Suite struct AccountsTests {
    private let fake = FakeSite()
    private let accounts = FakeAccounts()
    private let romeo: JID

    init() throws {
        FakeCore.install()
        romeo = try #require(JID("romeo@montague.example/orchard"))
        _ = fake.provide("martlet.accounts/1", accounts.table)
    }

    @Test func `asks for an account by its bare address, and tells all that it was told`()
        async throws
    {
        let site = fake.site
        #expect(try await site.accounts.exists(romeo))
        #expect(try await site.accounts.checkPassword("a rose", of: romeo, from: "192.0.2.1"))
        try await site.accounts.create(romeo, password: "a rose")
        try await site.accounts.setPassword("a tulip", of: romeo, keeping: SessionID(7))
        try await site.accounts.setPassword("", of: romeo)
        try await site.accounts.remove(romeo, last: SessionID(9))
        try await site.accounts.remove(romeo)
        #expect(
            accounts.asked == [
                "exists romeo@montague.example", "check romeo@montague.example a rose 192.0.2.1",
                "create romeo@montague.example a rose", "set romeo@montague.example a tulip 7",
                "set romeo@montague.example  0", "remove romeo@montague.example 9",
                "remove romeo@montague.example 0",
            ]
        )
    }

    @Test func `no account, and a wrong password, are answers`() async throws {
        accounts.answer(MARTLET_ENOENT)
        #expect(try await !fake.site.accounts.exists(romeo))
        accounts.answer(MARTLET_EFORBIDDEN)
        #expect(try await !fake.site.accounts.checkPassword("x", of: romeo, from: ""))
    }

    @Test(arguments: [
        (MARTLET_ENOENT, Accounts.Fault.notFound), (MARTLET_ECONFLICT, .exists),
        (MARTLET_EINVAL, .badPassword), (MARTLET_EBUSY, .tooMany), (MARTLET_EFORBIDDEN, .forbidden),
        (MARTLET_EIO, .failed), (MARTLET_ESTOPPED, .failed),
    ])
    func `other answers are faults, at once or later`(status: Int, fault: Accounts.Fault) async {
        accounts.answer(status)
        await #expect(throws: fault) { try await fake.site.accounts.create(romeo, password: "x") }
        accounts.refuse(status)
        await #expect(throws: fault) { try await fake.site.accounts.create(romeo, password: "x") }
    }

    @Test func `a server without accounts has none of all this`() async {
        let bare = FakeSite().site
        await #expect(throws: Accounts.Fault.failed) { try await bare.accounts.exists(romeo) }
        await #expect(throws: Accounts.Fault.failed) { try await bare.accounts.roster(of: romeo) }
    }

    @Test func `a roster comes item by item`() async throws {
        let item = "<item xmlns='jabber:iq:roster' jid='juliet@capulet.example' name='Juliet' "
        accounts.answer(
            MARTLET_OK,
            roster: [
                (
                    "juliet@capulet.example",
                    item + "subscription='both'><group>Friends</group></item>"
                ),
                ("tybalt@capulet.example", item + "subscription='from'/>"),
                ("nurse@capulet.example", item + "subscription='to'/>"),
                ("paris@verona.example", item + "/>"),
            ]
        )
        let roster = try await fake.site.accounts.roster(of: romeo)
        #expect(roster.map(\.jid.localpart) == ["juliet", "tybalt", "nurse", "paris"])
        #expect(roster.map(\.subscription) == ["both", "from", "to", "none"])
        #expect(roster.map(\.hasFrom) == [true, true, false, false])
        #expect(roster.map(\.hasTo) == [true, false, true, false])
        #expect(roster.map(\.name) == Array(repeating: "Juliet", count: 4))
        let group = roster.first?.node?.child("group", in: "jabber:iq:roster")?.text
        #expect(group == "Friends")
        #expect(roster.first?.xml.text.hasSuffix("</item>") == true)
    }
}
