import MartletCore
import MartletXML
import Testing

/// Bytes that are no stream, and the stream error that each gets (attacks 1–11).
@Suite(.timeLimit(.minutes(5)))
struct XMLFaultTests {
    static let laughs: String = {
        let entities = (1...9).map { level in
            let inner = String(repeating: "&l\(level - 1);", count: 10)
            return "<!ENTITY l\(level) '\(inner)'>"
        }
        return "<!DOCTYPE stream [<!ENTITY l0 'ha'>\(entities.joined())]>"
    }()

    @Test(arguments: [
        ("<?xml version='1.0'?>" + laughs + RawClient.header(), "restricted-xml"),
        ("<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + RawClient.header(), "restricted-xml"),
        ("<!-- hello -->" + RawClient.header(), "restricted-xml"),
        ("<?php echo 1 ?>" + RawClient.header(), "restricted-xml"),
        ("<?xml version='1.0' encoding='iso-8859-1'?><stream:stream", "unsupported-encoding"),
        ("GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
        ("\0" + RawClient.header(), "unsupported-encoding"),
        (String(repeating: " ", count: 9_000), "policy-violation"),
        ("<stream:stream to='" + String(repeating: "x", count: 9_000), "policy-violation"),
        ("<stream:stream " + String(repeating: "a", count: 9_000), "policy-violation"),
        ("<stream:stream xmlns='jabber:client' to='montague.example'>", "bad-namespace-prefix"),
    ])
    func `what cannot begin a stream is refused`(bytes: String, condition: String) async throws {
        try await withServer { server in
            let client = try await server.connect()
            await client.send(bytes)
            try await client.expectStreamError(condition)
            #expect(server.log.lines("stream error").count == 1)
        }
    }

    @Test(arguments: [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]])
    func `UTF-16 is not read`(mark: [UInt8]) async throws {
        try await withServer { server in
            let client = try await server.connect()
            let isLittle = mark == [0xFF, 0xFE]
            let wide = RawClient.header().utf8.flatMap { byte -> [UInt8] in
                isLittle ? [byte, 0] : [0, byte]
            }
            await client.send(mark + wide)
            try await client.expectStreamError("unsupported-encoding")
        }
    }

    static let faults: [(String, String)] = [
        ("<!-- a comment -->", "restricted-xml"),
        ("<message><!-- a comment --></message>", "restricted-xml"),
        ("<?target data?>", "restricted-xml"),
        ("<message><?target data?></message>", "restricted-xml"),
        (laughs, "restricted-xml"),
        ("<message><body>" + laughs, "restricted-xml"),
        ("<message><body>&l9;</body></message>", "restricted-xml"),
        ("<message id='&foo;'/>", "restricted-xml"),
        ("<message><body>&#0;</body></message>", "not-well-formed"),
        ("<message><body>&#1;</body></message>", "not-well-formed"),
        ("<message><body>&#xFFFE;</body></message>", "not-well-formed"),
        ("<message><body>&#xD800;</body></message>", "not-well-formed"),
        ("<message><body>\u{0}</body></message>", "not-well-formed"),
        ("<message><body>\u{1}</body></message>", "not-well-formed"),
        ("<message><body>]]></body></message>", "not-well-formed"),
        ("<message to='<'/>", "not-well-formed"),
        ("<message></presence>", "not-well-formed"),
        ("<message to='a' to='b'/>", "not-well-formed"),
        ("<message><a xmlns:p='n' xmlns:q='n' p:x='1' q:x='2'/></message>", "not-well-formed"),
        ("<message><undeclared:a/></message>", "bad-namespace-prefix"),
        ("<message undeclared:a='1'/>", "bad-namespace-prefix"),
        ("<message><a xmlns:xml='urn:x'/></message>", "bad-namespace-prefix"),
        ("<message><a xmlns:xmlns='urn:x'/></message>", "bad-namespace-prefix"),
        ("<message><a xmlns='jabber:client&#10;x'><body/></a></message>", "bad-namespace-prefix"),
        ("<message><p:a xmlns:p='urn:x|jabber:client'/></message>", "bad-namespace-prefix"),
        ("<message><a xmlns:p=''/></message>", "bad-namespace-prefix"),
        ("<message><body><stream:stream/></body></message>", "bad-format"),
        ("<message><body><stream:error/></body></message>", "bad-format"),
        (RawClient.header().replacing("<?xml version='1.0'?>", with: ""), "bad-format"),
        ("<message><body></stream:stream>", "not-well-formed"),
        ("text between stanzas", "bad-format"),
    ]

    @Test(arguments: faults)
    func `a bound stream ends at the first fault`(bytes: String, condition: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.send(
                bytes.replacing("<message", with: "<message to='juliet@capulet.example/balcony'")
            )
            try await romeo.expectStreamError(condition)
            try await juliet.expectNothing()
            #expect(server.log.lines("stream error").count == 1)
        }
    }

    @Test(
        arguments: faults.filter { !$0.0.contains("undeclared") && $0.1 != "bad-namespace-prefix" }
    )
    func `so does one that nobody logged in on`(bytes: String, condition: String) async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.send(bytes)
            try await client.expectStreamError(condition)
        }
    }

    static let notUTF8: [[UInt8]] = [
        [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0x80],  // overlong
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],  // surrogates
        [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],  // beyond U+10FFFF
        [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x92], [0x80], [0xBF], [0xFE], [0xFF],  // broken
        [0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF],  // U+FFFE, U+FFFF
    ]

    @Test(arguments: notUTF8)
    func `bytes that are no UTF-8 never reach anybody`(bytes: [UInt8]) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let (start, end) = (
                "<message to='juliet@capulet.example/balcony'><body>", "</body></message>"
            )
            await romeo.send(Array(start.utf8) + bytes + Array(end.utf8))
            try await romeo.expectStreamError("not-well-formed")
            try await juliet.expectNothing()
        }
    }

    /// Each says something by prefixes, CDATA or references that another parser might take otherwise.
    static let disguises = [
        "<body><![CDATA[</body></message><iq type='set'/>]]></body>",
        "<body>&lt;/message&gt;&#60;presence/&#62;&amp;amp;</body>",
        "<a xmlns='urn:a'><b xmlns=''><c xmlns='jabber:client'/></b></a>",
        "<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2' p:c='&apos;&quot;&#9;'/></p:a>",
        "<s:a xmlns:s='urn:not-streams'><s:error/></s:a>",
        "<c:body xmlns:c='jabber:client'>𝄞 \u{10FFFF}</c:body>",
        "<x xmlns='urn:x' a='&#13;&#10;' xml:lang='de'>&#13;</x>",
    ]

    @Test(arguments: disguises)
    func `the recipient reads the tree that the server read`(content: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let to = "juliet@capulet.example/balcony"
            await romeo.send("<message to='\(to)' id='1'>\(content)</message>")
            let message = try await juliet.expect("message[@id='1']")
            let sent = try Element.parse("<message>\(content)</message>")
            #expect(message.content == sent.content)
            try await juliet.expectNothing()
        }
    }

    @Test
    func `a stream cut at every byte is read as if it came at once`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.drip(
                "<message to='juliet@capulet.example/balcony'><body>é𝄞&amp;</body></message>"
            )
            let message = try await juliet.expect("message/body")
            #expect(message.child("body")?.text == "é𝄞&")
        }
    }
}
