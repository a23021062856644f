import MartletXML

/// A piece of a client's stream after its header, and what must come of it.
struct Case: CustomStringConvertible, Sendable {
    let input: [UInt8]
    let said: [Said]

    init(_ input: String, _ said: Said...) {
        self.input = Array(input.utf8)
        self.said = said
    }

    /// An element that reads as itself.
    init(same input: String) {
        self.init(input, .element(input))
    }

    init(bytes: [UInt8], _ said: Said...) {
        input = Array("<a>".utf8) + bytes + Array("</a>".utf8)
        self.said = said
    }

    var description: String { String(decoding: input, as: UTF8.self) }
}

/// What is XML and what XMPP lets stand, with its canonical form.
let accepted: [Case] = [
    Case(same: "<message/>"),
    Case(same: "<message id='1' type='chat'><body>Art thou not Romeo?</body></message>"),
    Case("<message\n to = \"juliet\" ></message >", .element("<message to='juliet'/>")),
    Case("<a x='&lt;&amp;&gt;&quot;&apos;'/>", .element("<a x='&lt;&amp;&gt;\"&apos;'/>")),
    Case("<a>&lt;&amp;&gt;&quot;&apos;</a>", .element("<a>&lt;&amp;&gt;\"'</a>")),
    Case("<a x=\"it's\"/>", .element("<a x='it&apos;s'/>")),
    // Line ends and tabs, as such and as references (XML 1.0 §2.11, §3.3.3).
    Case("<a x='1\n2\t3\r\n4'>\r\n\t</a>", .element("<a x='1 2 3 4'>\n\t</a>")),
    Case(
        "<a x='&#10;&#9;&#13;'>&#13;&#10;</a>",
        .element("<a x='&#10;&#9;&#13;'>&#13;\n</a>")
    ),
    // Character references and what is beyond the first plane.
    Case("<a>&#x1F426;&#65;</a>", .element("<a>\u{1F426}A</a>")),
    Case(same: "<a>\u{1F426} \u{20AC} \u{E9}</a>"),
    Case(same: "<名 ü='ö'/>"),
    // CDATA is text like any other.
    Case("<a>1<![CDATA[<b>&amp;]>]]]>2</a>", .element("<a>1&lt;b&gt;&amp;amp;]&gt;]2</a>")),
    Case("<a><![CDATA[]]></a>", .element("<a/>")),
    Case("<a>]]&gt;</a>", .element("<a>]]&gt;</a>")),
    // Mixed content, and space between stanzas.
    Case(same: "<a>1<b/>2<b>3</b>4</a>"),
    Case(" \n\t<a/> \r\n<b/>\n", .element("<a/>"), .element("<b/>")),
    Case("<a/></stream:stream>", .element("<a/>"), .closed),
    Case("</stream:stream>anything <!-- at all", .closed),
    // Namespaces: no prefixes on elements, declared where they differ from the parent's.
    Case("<x:a xmlns:x='urn:x'/>", .element("<a xmlns='urn:x'/>")),
    Case(
        "<x:a xmlns:x='urn:x'><x:b/><c/></x:a>",
        .element("<a xmlns='urn:x'><b/><c xmlns='jabber:client'/></a>")
    ),
    Case("<a xmlns='urn:x' xmlns:y='urn:y'/>", .element("<a xmlns='urn:x'/>")),
    Case(same: "<a xmlns=''><b/></a>"),
    Case("<a xmlns='urn:x'><b xmlns=''/></a>", .element("<a xmlns='urn:x'><b xmlns=''/></a>")),
    Case("<a xmlns='urn:x'><b xmlns='urn:x'/></a>", .element("<a xmlns='urn:x'><b/></a>")),
    Case("<a xmlns='jabber:client'><b/></a>", .element("<a><b/></a>")),
    Case(
        same: "<message><forwarded xmlns='urn:xmpp:forward:0'>"
            + "<message xmlns='jabber:client'><body>1</body></message></forwarded></message>"
    ),
    Case("<stream:error/>", .element("<error xmlns='http://etherx.jabber.org/streams'/>")),
    // A prefix that means something else further in.
    Case(
        "<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'/><p:c/></p:a>",
        .element("<a xmlns='urn:1'><b xmlns='urn:2'/><c/></a>")
    ),
    Case(
        "<a xmlns='urn:a&amp;b'><b xmlns='urn:c'/></a>",
        .element("<a xmlns='urn:a&amp;b'><b xmlns='urn:c'/></a>")
    ),
    Case(same: "<a xmlns='urn:a&amp;b'><b/></a>"),
    Case(same: "<a xmlns='Jabber:client'/>"),
    // Attributes in a namespace.
    Case(
        "<a xmlns:p='urn:p' xmlns:q='urn:q' q:y='2' p:x='1' q:z='3' x='0'/>",
        .element("<a xmlns:n0='urn:q' n0:y='2' xmlns:n1='urn:p' n1:x='1' n0:z='3' x='0'/>")
    ),
    Case(same: "<a xml:lang='en' xml:space='preserve' lang='de'/>"),
    Case(
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'/>",
        .element("<a xml:lang='en'/>")
    ),
    Case("<a xmlns:p='urn:p' p:xmlns='1'/>", .element("<a xmlns:n0='urn:p' n0:xmlns='1'/>")),
]

/// What is refused, and by which name (attacks 1–6, 10).
let refused: [Case] = [
    // 1: entity expansion.
    Case("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", .fault(.restrictedXML)),
    // 2: markup that XMPP forbids.
    Case("<!-- but soft -->", .fault(.restrictedXML)),
    Case("<a><!-- what light", .fault(.restrictedXML)),
    Case("<a><?pi?></a>", .fault(.restrictedXML)),
    Case("<?xml version='1.0'?>", .fault(.restrictedXML)),
    Case("<a>&nbsp;</a>", .fault(.restrictedXML)),
    Case("<a b='&nbsp;'/>", .fault(.restrictedXML)),
    // 3: bytes that are no characters, and characters that are not XML's.
    Case(bytes: [0xC0, 0x80], .fault(.notWellFormed)),
    Case(bytes: [0xC1, 0xBF], .fault(.notWellFormed)),
    Case(bytes: [0xE0, 0x80, 0x80], .fault(.notWellFormed)),
    Case(bytes: [0xE2, 0x28, 0xA1], .fault(.notWellFormed)),
    Case(bytes: [0xED, 0xA0, 0x80], .fault(.notWellFormed)),
    Case(bytes: [0xF4, 0x90, 0x80, 0x80], .fault(.notWellFormed)),
    Case(bytes: [0xF8, 0x88, 0x80, 0x80, 0x80], .fault(.notWellFormed)),
    Case(bytes: [0xFF], .fault(.notWellFormed)),
    Case(bytes: [0x00], .fault(.notWellFormed)),
    Case(bytes: [0x0B], .fault(.notWellFormed)),
    Case(bytes: [0xEF, 0xBF, 0xBE], .fault(.notWellFormed)),
    Case("<a>&#0;</a>", .fault(.notWellFormed)),
    Case("<a>&#x8;</a>", .fault(.notWellFormed)),
    Case("<a>&#xD800;</a>", .fault(.notWellFormed)),
    Case("<a>&#xFFFF;</a>", .fault(.notWellFormed)),
    Case("<a>&#x110000;</a>", .fault(.notWellFormed)),
    // 5: prefixes abused.
    Case("<p:a/>", .fault(.badNamespacePrefix)),
    Case("<a p:b=''/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns:p=''/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns:xml='urn:x'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns='http://www.w3.org/XML/1998/namespace'/>", .fault(.badNamespacePrefix)),
    Case("<xml:a/>", .fault(.badNamespacePrefix)),
    Case("<xmlns:a/>", .fault(.badNamespacePrefix)),
    Case("<a:b:c xmlns:a='urn:a'/>", .fault(.badNamespacePrefix)),
    Case("<:a/>", .fault(.badNamespacePrefix)),
    Case("<a:/>", .fault(.badNamespacePrefix)),
    Case("<a:1 xmlns:a='urn:a'/>", .fault(.badNamespacePrefix)),
    Case("<a:\u{660}b xmlns:a='urn:a'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns:='urn:a'/>", .fault(.badNamespacePrefix)),
    Case("<a><p:b xmlns:p='urn:p'/><p:c/></a>", .fault(.badNamespacePrefix)),
    // 5: what some parsers put between a namespace and a name.
    Case("<a xmlns='jabber:client&#10;x'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns='jabber:client|x'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns='jabber:client}x'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns:p='jabber:client x'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns='jabber:client&#x7F;'/>", .fault(.badNamespacePrefix)),
    Case("<a xmlns=' '/>", .fault(.badNamespacePrefix)),
    // 6: the stream's own elements inside a stanza.
    Case("<a><stream:stream/></a>", .fault(.badFormat)),
    Case("<a><stream:error/></a>", .fault(.badFormat)),
    Case("<a><b xmlns='http://etherx.jabber.org/streams'/></a>", .fault(.badFormat)),
    Case("<stream:stream>", .fault(.badFormat)),
    Case("<a></stream:stream>", .fault(.notWellFormed)),
    Case("<a/>Romeo", .element("<a/>"), .fault(.badFormat)),
    Case("&#65;", .fault(.badFormat)),
    // 10: attributes that are the same one.
    Case("<a b='1' b='2'/>", .fault(.notWellFormed)),
    Case("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='' q:b=''/>", .fault(.notWellFormed)),
    // Not XML at all.
    Case("<a><b></a></b>", .fault(.notWellFormed)),
    Case("<a b=c/>", .fault(.notWellFormed)),
    Case("<a b='<'/>", .fault(.notWellFormed)),
    Case("<a>]]></a>", .fault(.notWellFormed)),
    Case("<1/>", .fault(.notWellFormed)),
    Case("< a/>", .fault(.notWellFormed)),
    Case("GET / HTTP/1.1\r\n\r\n", .fault(.badFormat)),
]
