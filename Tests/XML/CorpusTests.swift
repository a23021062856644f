import Testing

@testable import MartletXML

@Suite struct CorpusTests {
    static let header = Array(clientHeader.utf8)

    @Test(arguments: accepted + refused)
    func `reads each piece as the table says, cut anywhere`(piece: Case) {
        let stream = Self.header + piece.input
        let whole = read([stream])
        #expect(Array(whole.dropFirst()) == piece.said)
        for cut in 0...stream.count {
            #expect(read([Array(stream[..<cut]), Array(stream[cut...])]) == whole, "cut at \(cut)")
        }
        #expect(read(stream.map { [$0] }) == whole, "byte by byte")
    }

    @Test(arguments: accepted)
    func `writes what it reads as itself`(piece: Case) throws {
        for case .element(let text) in piece.said where !text.contains("etherx") {
            let element = try Element.parse(text)
            #expect(element.description == text)
            #expect(try Element(parsing: Array(element.description.utf8)) == element)
        }
    }

    @Test func `goes on as if nothing had been, after a fault elsewhere`() {
        let pool = ParserPool()
        for piece in refused {
            var broken = StreamParser(pool: pool, limits: .standard)
            let said = broken.said([Self.header + piece.input])
            let again = broken.said("<a/>")
            let holds = broken.holdsParser
            #expect(again == said.suffix(1), "the fault stays")
            #expect(!holds)
            var sound = StreamParser(pool: pool, limits: .standard)
            let last = sound.said(clientHeader + "<a/>").last
            #expect(last == .element("<a/>"))
        }
    }
}
