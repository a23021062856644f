import MartletCore
import MartletXML
import Testing

@testable import MartletIM

@Suite struct RosterWishTests {
    private func wish(_ items: String) throws -> RosterWish {
        try RosterWish(try Element.parse("<query xmlns='jabber:iq:roster'>\(items)</query>"))
    }

    @Test func `reads a name and groups`() throws {
        let wish = try wish(
            "<item jid='nurse@capulet.example' name='Nurse'><group>A</group><group>B</group></item>"
        )
        #expect(wish.contact == .named("nurse@capulet.example"))
        #expect(wish.name == "Nurse")
        #expect(wish.groups == ["A", "B"])
        #expect(!wish.isRemoval)
    }

    @Test(arguments: [  // RFC 6121 §2.3.3
        ("", StanzaError.badRequest),
        ("<item name='nobody'/>", .badRequest),
        ("<item jid='a@b.example'/><item jid='c@b.example'/>", .badRequest),
        ("<item jid='a@b.example'><group>A</group><group>A</group></item>", .badRequest),
        ("<item jid='a@b.example'><group/></item>", .notAcceptable),
        ("<item jid='@b.example'/>", .jidMalformed),
    ])
    func `refuses`(items: String, error: StanzaError) {
        #expect(throws: error) { try wish(items) }
    }

    @Test(arguments: [(1_023, true), (1_024, false)])
    func `a handle and a group have a bound`(length: Int, isTaken: Bool) {
        let text = String(repeating: "n", count: length)
        let name = "<item jid='a@b.example' name='\(text)'/>"
        let group = "<item jid='a@b.example'><group>\(text)</group></item>"
        for items in [name, group] {
            let wish = try? wish(items)
            #expect((wish != nil) == isTaken)
        }
    }

    @Test(arguments: [(50, true), (51, false)])
    func `groups have a bound`(count: Int, isTaken: Bool) {
        let groups = (0..<count).map { "<group>\($0)</group>" }.joined()
        let wish = try? wish("<item jid='a@b.example'>\(groups)</item>")
        #expect((wish != nil) == isTaken)
    }

    @Test func `only removal is heeded among subscriptions`() throws {
        // RFC 6121 §2.1.2.5: a client does not set its subscription in this way.
        let wish = try wish("<item jid='juliet@capulet.example' subscription='both'/>")
        #expect(!wish.isRemoval)
        #expect(wish.applied(to: nil).subscription == .none)
    }

    @Test(arguments: SubscriptionState.allCases)
    func `what the server keeps of the item stays`(state: SubscriptionState) throws {
        var item = state.item(isPreApproved: true)
        item.isInRoster = false
        item.pendingRequest = [1, 2, 3]
        let changed = try wish("<item jid='juliet@capulet.example' name='J'/>").applied(to: item)
        #expect(SubscriptionState(changed) == state)
        #expect(changed.isPreApproved && changed.pendingRequest == [1, 2, 3])
        #expect(changed.isInRoster && changed.name == "J")
    }
}
