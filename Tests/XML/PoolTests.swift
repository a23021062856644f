import Testing

@testable import MartletXML

@Suite struct PoolTests {
    @Test func `lends a parser only while a stanza is under way`() {
        let pool = ParserPool()
        var parser = StreamParser(pool: pool)
        let table: [(text: String, holds: Bool)] = [
            (" ", false), ("<", true), (String(clientHeader.dropFirst()), false), ("\n \t", false),
            ("<message>", true), ("<body>", true), ("</body></message>", false), ("\r\n", false),
            ("<presence/>\n", false), ("<presence/><", true), ("iq/>", false),
            ("<presence/>\r", true), ("<presence/>", false), ("</stream:stream>", false),
        ]
        for (text, holds) in table {
            _ = parser.said(text)
            let (held, idle) = (parser.holdsParser, parser.isIdle)
            #expect(held == holds && idle == !holds, "after \(text)")
        }
        #expect(pool.idleCount == 1)
    }

    @Test func `keeps streams apart that take turns in the middle of stanzas`() {
        let pool = ParserPool()
        let texts = (0..<5).map { number in
            clientHeader.replacing("montague", with: "montague\(number)")
                + "<message><body a='\(number)'>\(number)</body></message><iq id='\(number)'/>"
        }
        let bytes = texts.map { Array($0.utf8) }
        let alone = bytes.map { read([$0]) }
        var together = bytes.map { _ in [Said]() }
        var one = StreamParser(pool: pool, limits: .standard)
        var two = StreamParser(pool: pool, limits: .standard)
        for (left, right) in [(0, 1), (2, 3), (4, 0)] {
            one.restart()
            two.restart()
            together[left] = []
            together[right] = []
            for at in 0..<bytes[left].count {
                together[left] += one.said([[bytes[left][at]]])
                together[right] += two.said([[bytes[right][at]]])
            }
        }
        #expect(together == alone)
    }

    @Test func `hides what one header declared from other streams`() {
        let pool = ParserPool()
        let declaring = clientHeader.replacing(
            " to=",
            with: " xmlns:db='jabber:server:dialback' to="
        )
        var first = StreamParser(pool: pool)
        var second = StreamParser(pool: pool)
        _ = first.said(declaring)
        _ = second.said(clientHeader)
        let known = first.said("<db:verify/>")
        let unknown = second.said("<db:verify/>")
        let still = first.said("<db:verify/>")
        #expect(known == [.element("<verify xmlns='jabber:server:dialback'/>")])
        #expect(unknown == [.fault(.badNamespacePrefix)])
        #expect(still == known)
    }

    @Test func `serves streams that name their root as they like`() {
        let pool = ParserPool()
        for name in ["s:stream", "stream", "x"] {
            let header =
                "<\(name) xmlns:s='\(XML.streamsNamespace)' xmlns='jabber:client' version='1.0'>"
            var parser = StreamParser(pool: pool)
            let opened = parser.said(header)
            let said = parser.said("<message/>") + parser.said("<iq/></\(name)>")
            #expect(opened.count == 1)
            #expect(said == [.element("<message/>"), .element("<iq/>"), .closed])
        }
    }

    @Test(arguments: ["stream:stream", "s:stream"])
    func `replaces a parser that has seen too many names, without losing a byte`(root: String) {
        let pool = ParserPool()
        var parser = StreamParser(pool: pool, limits: .standard)
        let header =
            "<\(root) xmlns:stream='\(XML.streamsNamespace)' xmlns:s='\(XML.streamsNamespace)' "
            + "xmlns='jabber:client'>"
        var said = parser.said(header)
        var expected: [Said] = []
        for round in 0..<100 {
            let stanzas = (0..<100).map {
                "<a\(round)-\($0) b\(round)-\($0)='some more text here'/>"
            }
            expected += stanzas.map(Said.element)
            let text = (round == 0 ? "" : "/>") + stanzas.joined().dropLast(2)
            said += parser.said(text)
        }
        said += parser.said("/>")
        #expect(Array(said.dropFirst()) == expected)
    }

    @Test func `keeps no more parsers than it may`() {
        let pool = ParserPool(idleLimit: 2)
        var one = StreamParser(pool: pool)
        var two = StreamParser(pool: pool)
        var three = StreamParser(pool: pool)
        _ = (one.said("<"), two.said("<"), three.said("<"))
        #expect(pool.idleCount == 0)
        one.close()
        two.close()
        three.close()
        let said = one.said(clientHeader)
        #expect(said.isEmpty, "it is closed")
        #expect(pool.idleCount == 2)
    }

    @Test func `takes a stream from one shard to another, between two stanzas`() {
        let header = clientHeader.replacing(" to=", with: " xmlns:x='urn:x' to=")
        let (before, after) = ("<message><body>1</body></message>", " <x:presence/><iq/>")
        var first = StreamParser(pool: ParserPool(), limits: .standard)
        // What follows is read by the first one too, and by the second again.
        let said = first.said(header + before + "<iq><un")
        #expect(said.count == 2)
        var second = StreamParser(
            pool: ParserPool(),
            limits: .standard,
            continuing: first.continuation
        )
        #expect(said + second.said(after) == read(header + before + after))
        first.returnToBoundary()
        let isHeld = first.holdsParser
        #expect(!isHeld)
        #expect(said + first.said(after) == read(header + before + after))
    }

    @Test func `says where each event ends, in the bytes of that read`() {
        var parser = StreamParser(pool: ParserPool(), limits: .standard)
        let pieces = [
            " " + clientHeader + "<a>1</a>\n<b/><c", "/>  <d></d >", "</stream:stream > more",
        ]
        var ends: [[String]] = []
        for piece in pieces {
            var events: [StreamEvent] = []
            let bytes = Array(piece.utf8)
            _ = bytes.withUnsafeBytes { parser.read($0, into: &events) }
            ends.append(events.map { String(decoding: bytes[$0.endOffset...], as: UTF8.self) })
        }
        #expect(ends[0] == ["<a>1</a>\n<b/><c", "\n<b/><c", "<c"])
        #expect(ends[1] == ["  <d></d >", ""])
        #expect(ends[2] == [" more"])
    }
}
