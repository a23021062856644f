import Testing

@testable import MartletPluginKit

@Suite struct StanzaTests {
    init() { FakeCore.install() }

    private func parsed(_ text: String) throws -> Stanza {
        try #require(Stanza(parsing: XML(trusting: text)))
    }

    @Test func `reads a start tag`() throws {
        let stanza = try parsed(
            """
            <message xmlns='jabber:client' type='chat' to='Romeo@montague.example/a' \
            from='juliet@capulet.example' id='a&amp;b' xml:lang='de'><body>x</body></message>
            """
        )
        #expect(stanza.kind == .message)
        #expect(stanza.type == .chat)
        #expect(stanza.to == JID("romeo@montague.example/a"))
        #expect(stanza.from == JID("juliet@capulet.example"))
        #expect(stanza.id == "a&b")
        #expect(stanza.language == "de")
    }

    @Test(arguments: [
        Stanza.StanzaType.none, .unavailable, .subscribe, .subscribed, .unsubscribe, .unsubscribed,
        .probe, .error,
    ])
    func `makes a presence of each type`(type: Stanza.StanzaType) {
        let made = Stanza(.presence, type: type, to: nil)
        #expect(made?.kind == .presence)
        #expect(made?.type == type)
    }

    @Test(arguments: [
        Stanza.StanzaType.normal, .chat, .groupchat, .headline, .error,
    ])
    func `makes a message of each type`(type: Stanza.StanzaType) {
        #expect(Stanza(.message, type: type, to: nil)?.type == type)
    }

    @Test(arguments: [Stanza.StanzaType.get, .set, .result, .error])
    func `makes an iq of each type`(type: Stanza.StanzaType) {
        let made = Stanza(.iq, type: type, to: nil, id: "1")
        #expect(made?.type == type)
        #expect(made?.isRequest == (type == .get || type == .set))
    }

    @Test func `numbers types as the header does`() {
        for number in 0...14 {
            #expect(Stanza.StanzaType(UInt32(number)).number == UInt32(number))
        }
        #expect(Stanza.StanzaType(15) == .none)
        #expect(Stanza.StanzaType(.max) == .none)
        #expect(Stanza.Kind(.max) == .message)
    }

    @Test(arguments: [
        "", "<message", "<message/><message/>", "<iq xmlns='jabber:client'/>", "text",
        "<message xmlns='jabber:client' to='@'/>", "<!DOCTYPE a><message/>",
    ])
    func `refuses what is no stanza`(text: String) {
        #expect(Stanza(parsing: XML(trusting: text)) == nil)
    }

    @Test func `refuses to make what is not well-formed`() {
        #expect(Stanza(.iq, type: .get, to: nil, id: nil) == nil)
        #expect(Stanza(.message, type: .chat, to: nil, XML(trusting: "<a>")) == nil)
        #expect(Stanza(.message, type: .chat, to: nil, XML(trusting: "</message><a/>")) == nil)
        #expect(Stanza(.message, type: .get, to: nil) == nil)
    }

    @Test func `takes what a peer says for text alone`() throws {
        let said = "]]></body><evil/>\u{0}\u{1F600}&'\""
        let made = Stanza(
            .message,
            type: .chat,
            to: nil,
            id: said,
            XML("body") { $0.text(said) }
        )
        let stanza = try #require(made)
        #expect(stanza.child("body")?.text == "]]></body><evil/>\u{FFFD}\u{1F600}&'\"")
        #expect(Array(stanza.children).count == 1)
    }

    @Test func `changes some things and keeps the rest`() throws {
        let stanza = try parsed(
            """
            <message xmlns='jabber:client' type='chat' to='romeo@montague.example' id='1'>\
            <body>x</body><a xmlns='urn:x'/><a xmlns='urn:y'/></message>
            """
        )
        let edited = try #require(
            stanza.edited(
                to: .set(JID("juliet@capulet.example")),
                id: .set(nil),
                removing: Array(stanza.root.children("a", in: "urn:x")),
                appending: XML("b", in: "urn:z")
            )
        )
        #expect(edited.to?.description == "juliet@capulet.example")
        #expect(edited.id == nil)
        #expect(edited.type == .chat)
        #expect(edited.children.map(\.name) == ["body", "a", "b"])
        #expect(edited.children.map(\.namespace) == ["jabber:client", "urn:y", "urn:z"])
        #expect(stanza.edited(appending: XML(trusting: "<a")) == nil)
    }

    @Test func `returns to its sender with an error, but never an error`() throws {
        let request = try #require(
            Stanza(
                .iq,
                type: .get,
                to: JID("montague.example"),
                from: JID("romeo@montague.example/a"),
                id: "7",
                XML("query", in: "urn:x")
            )
        )
        let refused = try #require(request.refused(StanzaError(.itemNotFound, nil, "no <such>")))
        #expect(refused.type == .error)
        #expect(refused.to == request.from)
        #expect(refused.id == "7")
        #expect(refused.children.map(\.name) == ["query", "error"])
        #expect(refused.child("error")?["type"] == "cancel")
        #expect(refused.refused(.conflict) == nil)
    }
}

@Suite struct NodeTests {
    private let root: Node

    init() throws {
        FakeCore.install()
        let text = """
            <message xmlns='jabber:client'><x xmlns='urn:x' a='1' b='&lt;&#10;'>one<y/>two</x>\
            <x xmlns='urn:y'/><y xmlns='urn:x'><x/></y></message>
            """
        root = try #require(Stanza(parsing: XML(trusting: text))?.root)
    }

    @Test func `finds children by name, namespace, both or none`() {
        #expect(root.child()?.namespace == "urn:x")
        #expect(root.child("x", in: "urn:y") != nil)
        #expect(root.child("x") == nil)
        #expect(root.children().map(\.name) == ["x", "x", "y"])
        #expect(root.children("x").map(\.namespace) == ["urn:x", "urn:y"])
        #expect(root.children(in: "urn:x").map(\.name) == ["x", "y"])
        #expect(root.children("z").map(\.name) == [])
    }

    @Test func `reads attributes and text`() throws {
        let node = try #require(root.child())
        #expect(node["a"] == "1")
        #expect(node["b"] == "<\n")
        #expect(node["c"] == nil)
        #expect(node.text == "onetwo")
        #expect(node.isNamed("x", in: "urn:x"))
        #expect(!node.isNamed("x"))
    }

    @Test func `is written so that it stands alone`() throws {
        let inner = try #require(root.child("y", in: "urn:x")?.child())
        #expect(inner.xml.text == "<x xmlns='urn:x'/>")
        #expect(root.xml.text.hasPrefix("<message xmlns='jabber:client'>"))
    }

    @Test func `reads texts of any length`() throws {
        for length in [0, 1, 511, 512, 513, 5000] {
            let text = String(repeating: "ä", count: length)
            let made = Stanza(.message, type: .chat, to: nil, XML("body") { $0.text(text) })
            #expect(made?.child("body")?.text == text)
        }
    }
}
