import Testing

@testable import MartletXML

@Suite struct StreamTests {
    @Test func `tells the header, the stanzas and the end`() throws {
        var parser = StreamParser(pool: ParserPool())
        var events: [StreamEvent] = []
        let text =
            clientHeader + "<message to='juliet@capulet.example'><body>Wherefore?</body></message>"
            + " \n<presence/></stream:stream>"
        let fault = Array(text.utf8).withUnsafeBytes { parser.read($0, into: &events) }
        #expect(fault == nil)
        guard case .opened(let header) = try #require(events.first).kind else {
            Issue.record("no header")
            return
        }
        #expect(header.name == "stream" && header.prefix == "stream")
        #expect(header.namespace == XML.streamsNamespace)
        #expect(header.contentNamespace == "jabber:client")
        #expect(header.to == "montague.example" && header.version == "1.0" && header.id == nil)
        #expect(
            events.dropFirst().map(Said.init) == [
                .element("<message to='juliet@capulet.example'><body>Wherefore?</body></message>"),
                .element("<presence/>"),
                .closed,
            ]
        )
    }

    @Test func `says where each event ends, so that the rest can be read anew`() {
        var parser = StreamParser(pool: ParserPool())
        var events: [StreamEvent] = []
        let first = clientHeader + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
        let text = Array((first + clientHeader).utf8)
        let fault = text.withUnsafeBytes { parser.read($0, into: &events) }
        #expect(fault?.kind == .restrictedXML)  // A second XML declaration.
        #expect(events.map(\.endOffset) == [clientHeader.utf8.count, first.utf8.count])
        parser.restart()
        let rest = parser.said([Array(text[first.utf8.count...])])
        #expect(rest.count == 1)
    }
}
