import Testing

@testable import MartletPluginKit

@Suite struct ResultSetTests {
    init() { FakeCore.install() }

    private func query(_ content: String) throws -> Node {
        let xml = XML(trusting: "<query xmlns='urn:x'>\(content)</query>")
        let carrier = try #require(Stanza(.iq, type: .get, to: nil, id: "1", xml))
        return try #require(carrier.payload)
    }

    private func read(_ set: String) throws -> ResultSet {
        try ResultSet(in: query("<set xmlns='\(ResultSet.namespace)'>\(set)</set>"))
    }

    @Test func `asks for the first page where nothing is said`() throws {
        #expect(try ResultSet(in: query("")) == ResultSet())
        #expect(try read("") == ResultSet())
        #expect(try read("<after/>") == ResultSet())
        #expect(try ResultSet(in: query("<set xmlns='urn:x'><max>1</max></set>")) == ResultSet())
    }

    @Test func `reads a page behind an item, before one, at the end, or at a place`() throws {
        let behind = try read("<max>10</max><after>a</after>")
        #expect(behind.limit == 10)
        #expect(behind.after == "a")
        #expect(!behind.isBackwards)
        let before = try read("<before>b</before>")
        #expect(before.before == "b")
        #expect(before.isBackwards)
        #expect(try read("<before/>").before == "")
        #expect(try read("<index>371</index>").index == 371)
        #expect(try read("<max>0</max>").limit == 0)
    }

    @Test(arguments: [
        "<max>-1</max>", "<max>many</max>", "<max/>", "<max>1.5</max>", "<max>+1</max>",
        "<max>99999999999999999999</max>", "<index>x</index>", "<max>\u{661}</max>",
    ])
    func `refuses what is no number`(set: String) {
        let error = #expect(throws: StanzaError.self) { try read(set) }
        #expect(error?.condition == .badRequest)
    }

    @Test func `tells which page it was`() {
        #expect(
            ResultSet.answer(first: "a<", last: "b", index: 0, count: 2).text
                == """
                <set xmlns='http://jabber.org/protocol/rsm'><first index='0'>a&lt;</first>\
                <last>b</last><count>2</count></set>
                """
        )
        #expect(
            ResultSet.answer(count: 0).text
                == "<set xmlns='http://jabber.org/protocol/rsm'><count>0</count></set>"
        )
    }
}
