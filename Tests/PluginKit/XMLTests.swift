import MartletPluginKit
import Testing

@Suite struct XMLTests {
    @Test func `writes elements, attributes and text`() {
        let xml = XML("query", in: "jabber:iq:version", ["node": nil, "a": "1"]) {
            $0.element("name") { $0.text("Martlet") }
            $0.element("os", in: "urn:x")
        }
        #expect(
            xml.text
                == "<query xmlns='jabber:iq:version' a='1'><name>Martlet</name><os xmlns='urn:x'/></query>"
        )
    }

    @Test(arguments: [
        ("<&>", "&lt;&amp;&gt;"), ("'\"", "&apos;&quot;"), ("\t\n\r", "&#9;&#10;&#13;"),
        ("a\u{0}b\u{1F}", "a\u{FFFD}b\u{FFFD}"), ("\u{1F600}é", "\u{1F600}é"), ("", ""),
    ])
    func `escapes what a peer may say`(text: String, written: String) {
        var xml = XML()
        xml.text(text)
        #expect(xml.text == written)
        let attribute = XML("a", [:]) { _ in }
        #expect(attribute.text == "<a/>")
        #expect(XML("a", ["v": text]).text == "<a v='\(written)'/>")
    }
}
