import Testing

@testable import MartletXML

/// Attacks 8 to 11: whatever is sent without end costs a bounded amount of memory and time.
@Suite struct LimitTests {
    static let small = XMLLimits(
        stanzaBytes: 1_000,
        tagBytes: 500,
        depth: 4,
        elements: 6,
        attributes: 4,
        attributeBytes: 100,
        namespaceDeclarations: 2,
        nameBytes: 20
    )

    /// What is just allowed, and the same with a little more.
    static let table: [(allowed: String, refused: String, limit: XMLLimits.Limit)] = [
        (
            "<a>" + String(repeating: "x", count: 993) + "</a>",
            "<a>" + String(repeating: "x", count: 994) + "</a>", .stanzaBytes
        ),
        (
            "<a>" + String(repeating: ">", count: 248) + "</a>",
            "<a>" + String(repeating: ">", count: 249) + "</a>", .stanzaBytes
        ),
        (
            "<a" + String(repeating: " ", count: 496) + "/>",
            "<a" + String(repeating: " ", count: 497) + "/>", .tagBytes
        ),
        ("<a><a><a><a/></a></a></a>", "<a><a><a><a><a/></a></a></a></a>", .depth),
        ("<a><a/><a/><a/><a/><a/></a>", "<a><a/><a/><a/><a/><a/><a/></a>", .elements),
        ("<a a='' b='' c='' d=''/>", "<a a='' b='' c='' d='' e=''/>", .attributes),
        (
            "<a a='" + String(repeating: "x", count: 99) + "'/>",
            "<a a='" + String(repeating: "x", count: 100) + "'/>", .attributeBytes
        ),
        (
            "<a xmlns='urn:d' xmlns:a='urn:a' xmlns:b='urn:b'/>",
            "<a xmlns:a='urn:a' xmlns:b='urn:b'><b xmlns:c='urn:c'/></a>", .namespaceDeclarations
        ),
        ("<aaaaaaaaaaaaaaaaaaaa/>", "<aaaaaaaaaaaaaaaaaaaaa/>", .nameBytes),
        ("<a aaaaaaaaaaaaaaaaaaaa=''/>", "<a aaaaaaaaaaaaaaaaaaaaa=''/>", .nameBytes),
    ]

    @Test(arguments: table.indices)
    func `stops one past each limit, cut anywhere`(index: Int) {
        let row = Self.table[index]
        let header = Array(clientHeader.utf8)
        for (text, isAllowed) in [(row.allowed, true), (row.refused, false)] {
            let stream = header + Array(text.utf8)
            for pieces in [[stream], stream.map { [$0] }, [header, Array(text.utf8)]] {
                let last = read(pieces, Self.small).last
                guard !isAllowed else {
                    #expect(last?.isElement == true)
                    continue
                }
                #expect(last == .fault(.limit(row.limit)))
            }
        }
    }

    @Test func `counts each stanza anew`() {
        let stanza = "<a>" + String(repeating: "x", count: 900) + "</a> \n"
        let said = read(clientHeader + String(repeating: stanza, count: 50), Self.small)
        #expect(said.count == 51)
    }

    @Test(arguments: [" ", "<", "<a", "<a b='", "<stream:stream a='", "<?xml version='1.0' "])
    func `bounds what comes before the header`(endless: String) {
        var parser = StreamParser(pool: ParserPool(), limits: .preAuthentication)
        let unit = endless == " " ? " " : "x"
        let piece = Array(String(repeating: unit, count: 1_000).utf8)
        var said = parser.said(endless)
        var sent = endless.utf8.count
        while said.isEmpty, sent < 1_000_000 {
            said = parser.said([piece])
            sent += piece.count
        }
        #expect(sent < 10_000)
        guard case .fault = said.last else {
            Issue.record("no fault")
            return
        }
    }

    @Test func `eats endless space between stanzas without a parser`() {
        var parser = StreamParser(pool: ParserPool(), limits: Self.small)
        _ = parser.said(clientHeader)
        for _ in 0..<100 {
            let said = parser.said([[UInt8](repeating: 0x20, count: 1_000)])
            #expect(said.isEmpty)
        }
        let holds = parser.holdsParser
        #expect(!holds)
    }

    @Test(arguments: ["<a>", "<p:a xmlns:p='urn:p'>", "<a b='", "<![CDATA[", "<a>&#x", "<a></"])
    func `refuses what is repeated a hundred thousand times`(unit: String) {
        let said = read(clientHeader + String(repeating: unit, count: 100_000))
        guard case .fault = said.last else {
            Issue.record("no fault")
            return
        }
    }

    @Test func `refuses a million attributes, prefixes or names`() {
        let kinds = ["a%='' ", "xmlns:a%='urn:a' ", "xmlns:a%='urn:a%' a%:b='' "]
        for kind in kinds {
            let many = (0..<100_000).map { number in
                kind.split(separator: "%", omittingEmptySubsequences: false)
                    .joined(separator: "\(number)")
            }
            let said = read(clientHeader + "<a " + many.joined() + "/>")
            #expect(said.last == .fault(.limit(.tagBytes)))
        }
    }

    @Test func `may be changed between stanzas and inside one`() {
        var parser = StreamParser(pool: ParserPool(), limits: .preAuthentication)
        _ = parser.said(clientHeader)
        let large = "<a>" + String(repeating: "x", count: 20_000)
        parser.limits = .standard
        let first = parser.said(large)
        let second = parser.said("</a>")
        #expect(first.isEmpty && second.count == 1)
    }
}
