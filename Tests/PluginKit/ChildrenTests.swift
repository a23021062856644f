import Testing

@testable import MartletPluginKit

@Suite struct ChildrenTests {
    init() { FakeCore.install() }

    private func message(_ content: String) throws -> Stanza {
        let text =
            "<message xmlns='jabber:client' to='a@b.example/c' from='a@b.example'>\(content)</message>"
        return try #require(Stanza(parsing: XML(trusting: text)))
    }

    @Test(arguments: [0, 1, 3, 16, 17, 40])
    func `all children are looked at, however many they are`(count: Int) throws {
        let content = (0..<count).map { "<x xmlns='urn:example'>\($0)</x>text" }.joined()
        var texts: [String] = []
        try message(content).forEachChild { child in
            if child.isIn("urn:example"), child.isNamed("x") { texts.append(child.node.text) }
        }
        #expect(texts == (0..<count).map(String.init))
    }

    @Test func `a child is known by its name and its namespace`() throws {
        var seen: [Bool] = []
        try message("<body>x</body><a xmlns='urn:a&amp;b'/>").forEachChild { child in
            seen += [child.isIn("jabber:client"), child.isNamed("body"), child.isIn("urn:a&b")]
        }
        #expect(seen == [true, true, false, false, false, false])
    }

    @Test func `an element is appended without the rest being read again`() throws {
        let made = try message("<body>x</body>").appending(
            "stanza-id",
            in: "urn:xmpp:sid:0",
            ["by": "o'hara@b.example", "id": "1"]
        )
        #expect(
            made?.xml.text == """
                <message xmlns='jabber:client' from='a@b.example' to='a@b.example/c'><body>x</body>\
                <stanza-id xmlns='urn:xmpp:sid:0' by='o&apos;hara@b.example' id='1'/></message>
                """
        )
    }

    @Test(arguments: ["", "a b", "1", "a:b", "é", "<"])
    func `and none whose name is no name`(name: String) throws {
        #expect(try message("").appending(name, in: "urn:example", [:]) == nil)
        #expect(try message("").appending("x", in: "urn:example", [name: "1"]) == nil)
        #expect(try message("").appending("x", in: "urn:example", ["a": "1", "a": "2"]) == nil)
        #expect(try message("").appending("x", in: "urn:example", ["xmlns": "1"]) == nil)
    }

    @Test func `addresses are compared without a text`() throws {
        let stanza = try message("")
        let to = try #require(stanza.addressee)
        let from = try #require(stanza.sender)
        #expect(to.isSameAccount(as: from))
        #expect(!to.isBare && from.isBare)
        #expect(to.bareText == "a@b.example")
        #expect(to.jid == JID("a@b.example/c"))
        #expect(to.isOf(from.jid))
        #expect(try !to.isOf(#require(JID("b.example"))))
        #expect(Stanza(.message, type: .chat, to: nil)?.addressee == nil)
    }
}
