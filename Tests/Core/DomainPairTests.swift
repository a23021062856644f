import MartletCore
import Testing

struct DomainPairTests {
    @Test func `is of domains alone, and has a way back`() throws {
        let pair = try DomainPair(
            sender: JID("romeo@montague.example/orchard"),
            target: JID("capulet.example/x")
        )
        #expect(pair.sender.description == "montague.example")
        #expect(pair.reversed == DomainPair(sender: pair.target, target: pair.sender))
        #expect(pair != pair.reversed)
    }

    @Test(arguments: [
        "capulet.example", "juliet@capulet.example", "juliet@capulet.example/balcony",
        "capulet.example/x",
    ])
    func `a domain's hash is that of all its addresses`(text: String) throws {
        #expect(try JID(text).domainHash == JID("capulet.example").bareHash)
        #expect(try JID(text).domainHash != JID("montague.example").domainHash)
    }
}
