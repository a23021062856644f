import Testing

@testable import MartletPluginKit

@Suite struct JIDTests {
    init() { FakeCore.install() }

    @Test(
        arguments: [
            ("romeo@montague.example/orchard", "romeo", "montague.example", "orchard"),
            ("romeo@montague.example", "romeo", "montague.example", nil),
            ("montague.example", nil, "montague.example", nil),
            ("montague.example/a@b/c", nil, "montague.example", "a@b/c"),
            ("romeo@montague.example/a@b/c", "romeo", "montague.example", "a@b/c"),
        ] as [(String, String?, String, String?)]
    )
    func `has parts`(text: String, local: String?, domain: String, resource: String?) throws {
        let jid = try #require(JID(text))
        #expect(jid.description == text)
        #expect(jid.localpart == local)
        #expect(jid.domainpart == domain)
        #expect(jid.resourcepart == resource)
        #expect(jid.isBare == (resource == nil))
        #expect(jid.isDomain == (local == nil && resource == nil))
        #expect(jid.domain.description == domain)
        #expect(jid.bare.description == (local.map { "\($0)@" } ?? "") + domain)
    }

    @Test func `is prepared, so that equal addresses are equal`() {
        #expect(JID("ROMEO@Montague.Example/A") == JID("romeo@montague.example/A"))
        #expect(JID("romeo@montague.example/A") != JID("romeo@montague.example/a"))
    }

    @Test(arguments: ["", "@", "romeo@", "@montague.example", "a b@montague.example", "a/"])
    func `refuses what is none`(text: String) {
        #expect(JID(text) == nil)
    }

    @Test func `knows who is of one account`() throws {
        let romeo = try #require(JID("romeo@montague.example/a"))
        let other = try #require(JID("romeo@montague.example"))
        let juliet = try #require(JID("juliet@montague.example/a"))
        #expect(romeo.isSameAccount(as: other))
        #expect(!romeo.isSameAccount(as: juliet))
    }
}
