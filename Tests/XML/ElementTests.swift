import MartletXML
import Testing

@Suite struct ElementTests {
    static let text =
        "<message to='juliet@capulet.example' type='chat' xml:lang='en' note='a&amp;b'>"
        + "<body>Wherefore &lt;art&gt; thou?</body><body xml:lang='de'>Warum?</body>"
        + "<x xmlns='jabber:x:oob'><url>1</url>and<url>2</url>more</x></message>"

    @Test func `is a cursor over a document`() throws {
        let message = try Element.parse(Self.text)
        #expect(message.name == "message" && message.namespace == "jabber:client")
        #expect(message["to"] == "juliet@capulet.example" && message["from"] == nil)
        #expect(message["lang"] == nil && message["note"] == "a&b")
        #expect(message.attribute("lang", in: XML.xmlNamespace) == "en")
        #expect(message.attributes.map(\.name) == ["to", "type", "lang", "note"])
        #expect(message.hasAttribute("type", "chat") && !message.hasAttribute("type", "chats"))
        #expect(message.hasAttribute("note", "a&b") && !message.hasAttribute("none", ""))
        #expect(message.children.map(\.name) == ["body", "body", "x"])
        #expect(message.firstChild?.text == "Wherefore <art> thou?")
        #expect(message.child("x") == nil)
        let x = try #require(message.child("x", in: "jabber:x:oob"))
        #expect(x.isNamed("x", in: "jabber:x:oob") && !x.isNamed("x") && x.isIn("jabber:x:oob"))
        #expect(x.children("url", in: "jabber:x:oob").map(\.text) == ["1", "2"])
        #expect(x.text == "andmore" && x.hasText && !x.isEmpty)
        #expect(x.firstChild?.firstChild == nil && !message.hasText)
    }

    @Test func `inherits its language`() throws {
        let message = try Element.parse(Self.text)
        #expect(message.language == "en")
        #expect(message.children.map(\.language) == ["en", "de", "en"])
        #expect(message.child("x", in: "jabber:x:oob")?.firstChild?.language == "en")
        #expect(
            try Element.parse("<a><b xml:lang='en'/><c/></a>").children.map(\.language) == [
                "en", nil,
            ]
        )
    }

    @Test func `lends its bytes`() throws {
        let message = try Element.parse(Self.text)
        let values = message.withAttributeBytes("type") { $0.map(Array.init) }
        #expect(values == Array("chat".utf8))
        #expect(message.withAttributeBytes("note") { $0.map(Array.init) } == Array("a&b".utf8))
        #expect(message.withAttributeBytes("lang") { $0 == nil })
        let body = try #require(message.firstChild)
        #expect(String(decoding: body.contentBytes, as: UTF8.self) == "Wherefore &lt;art&gt; thou?")
        var output = Array("<w>".utf8)
        body.appendContent(to: &output)
        message.append(to: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == "<w>Wherefore &lt;art&gt; thou?" + Self.text
        )
        #expect(message.byteCount == Self.text.utf8.count)
    }

    @Test func `declares its namespace wherever it is written alone`() throws {
        let message = try Element.parse(Self.text)
        let url = try #require(message.child("x", in: "jabber:x:oob")?.firstChild)
        #expect(url.description == "<url xmlns='jabber:x:oob'>1</url>")
        #expect(url.detached().description == url.description)
        #expect(url == (try Element.parse("<url xmlns='jabber:x:oob'>1</url>")))
        let forwarded = Element("forwarded", in: "urn:xmpp:forward:0") { $0.append(message) }
        #expect(forwarded.description.contains("<message xmlns='jabber:client' to='juliet"))
        #expect(forwarded.firstChild?.description == Self.text)
        #expect(forwarded.firstChild?.firstChild?.namespace == "jabber:client")
    }

    @Test func `is built with attributes, text and children`() {
        let iq = Element("iq", ["type": "get", "id": nil, "to": "a'b"]) { iq in
            iq.attribute("lang", in: XML.xmlNamespace, "en")
            iq.element("query", in: "urn:q", ["node": "<&>"]) {
                $0.attribute("x", in: "urn:y", "1")
                $0.text("")
                $0.element("item")
                $0.text("]]>")
            }
            iq.element("a", in: "jabber:client")
        }
        #expect(
            iq.description
                == "<iq type='get' to='a&apos;b' xml:lang='en'><query xmlns='urn:q' "
                + "node='&lt;&amp;&gt;' xmlns:n0='urn:y' n0:x='1'><item/>]]&gt;</query><a/></iq>"
        )
        #expect(Element("a", in: "").description == "<a xmlns=''/>")
    }

    @Test func `never writes what XML cannot carry`() throws {
        let element = Element("a", ["b": "\0\u{FFFE}\u{1F}"]) { $0.text("x\u{FFFF}\u{0B}\u{7F}\n") }
        #expect(element["b"] == "\u{FFFD}\u{FFFD}\u{FFFD}")
        #expect(element.text == "x\u{FFFD}\u{FFFD}\u{7F}\n")
        #expect(try Element.parse(element.description) == element)
    }

    /// U+F000 and above begin as what XML cannot carry does; a control may stand anywhere.
    @Test(arguments: ["\u{F000}", "\u{FFFD}", "\u{EFFF}", "\t\r\n", "😀", "\u{7F}"])
    func `leaves what XML can carry`(text: String) {
        for count in 0..<40 {
            let long = String(repeating: "x", count: count)
            let (legal, illegal) = (long + text + long, long + text + "\0" + long)
            let element = Element("a", ["b": legal]) { $0.text(legal) }
            #expect(element["b"] == legal && element.text == legal)
            let mended = Element("a", ["b": illegal]) { $0.text(illegal) }
            let expected = long + text + "\u{FFFD}" + long
            #expect(mended["b"] == expected && mended.text == expected)
        }
    }

    @Test func `takes new attributes and keeps the rest`() throws {
        let message = try Element.parse(Self.text)
        let stamped = message.setting([
            "from": "romeo@montague.example", "to": nil, "type": "normal",
        ])
        let start =
            "<message xml:lang='en' note='a&amp;b' from='romeo@montague.example' type='normal'>"
        #expect(stamped.description == start + Self.text.drop { $0 != ">" }.dropFirst())
        #expect(stamped == (try Element.parse(stamped.description)))
        let url = try #require(message.child("x", in: "jabber:x:oob")?.firstChild)
        #expect(url.setting(["a": "1"]).description == "<url xmlns='jabber:x:oob' a='1'>1</url>")
    }

    @Test(arguments: [
        ("<a/>", "<a></a>", true), ("<a/>", "<b/>", false), ("<a/>", "<a> </a>", false),
        ("<a b='1' c='2'/>", "<a c='2' b='1'/>", true), ("<a b='1'/>", "<a b='2'/>", false),
        ("<a b='1'/>", "<a/>", false), ("<a/>", "<a xmlns='urn:x'/>", false),
        ("<a><b/><c/></a>", "<a><c/><b/></a>", false), ("<a><b/></a>", "<a><b/><b/></a>", false),
        ("<a xmlns='urn:x'><b/></a>", "<p:a xmlns:p='urn:x'><p:b/></p:a>", true),
        ("<a>1&lt;</a>", "<a><![CDATA[1<]]></a>", true), ("<a>1</a>", "<a>2</a>", false),
        ("<a lang='x'/>", "<a xml:lang='x'/>", false),
    ])
    func `equals another that is the same tree`(left: String, right: String, isSame: Bool) throws {
        #expect((try Element.parse(left) == Element.parse(right)) == isSame)
        #expect(try Element.parse(left).isSame(as: Element.parse(right)) == isSame)
    }

    @Test(arguments: [
        "", " ", "<a>", "<a/><b/>", "<a/>x", "</stream:stream>", "<a/></stream:stream>",
    ])
    func `is not parsed from less or more than one element`(text: String) {
        #expect(throws: XMLError.self) { try Element.parse(text) }
    }

    @Test func `is parsed as it would stand in another stream`() throws {
        #expect(try Element.parse("<a/>", in: "jabber:server").namespace == "jabber:client")
        #expect(try Element.parse("<a/>", in: "urn:x").description == "<a xmlns='urn:x'/>")
        let fault = XMLError(.limit(.depth), byteOffset: 3)
        #expect(throws: fault) { try Element.parse("<a><a/></a>", limits: XMLLimits(depth: 1)) }
        #expect(fault.description == "over the limit of depth at byte 3")
    }
}
