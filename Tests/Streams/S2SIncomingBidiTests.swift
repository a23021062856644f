import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Streams that go both ways (XEP-0288 §2.2), as the receiving server has them.
struct S2SIncomingBidiTests {
    private static let back = "reversible montague.example → capulet.example"

    @Test func `are open for the header's pair after EXTERNAL, behind the features`() throws {
        var visit = S2SVisit.open()
        #expect(try visit.read(VisitWire.bidi) == [])
        #expect(visit.machine.isBidirectional)
        let told = try visit.read(VisitWire.auth)
        #expect(!told.contains(Self.back), "the stream is not open yet")
        #expect(visit.told(.opened(.server())) == ["header", "features sm limits", Self.back])
    }

    @Test func `are open for the inverse of each pair by dialback`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        _ = try visit.read(VisitWire.bidi)
        _ = try visit.read(VisitWire.claim())
        let question = DialbackQuestion(pair: S2SVisit.pair, streamID: "s1", key: "key")
        #expect(visit.told(.verified(question, .valid)).last == Self.back)
        #expect(
            try visit.read(VisitWire.claim()) == ["result montague.example capulet.example valid"],
            "it is said once"
        )
    }

    @Test func `are open for what dialback found in the certificate`() throws {
        var visit = S2SVisit.open()
        _ = try visit.read(VisitWire.bidi)
        #expect(try visit.read(VisitWire.claim()).last == Self.back)
    }

    @Test func `are not open for what a certificate was stretched to`() throws {
        var visit = S2SVisit.open()
        _ = try visit.read(VisitWire.bidi)
        _ = try visit.read(VisitWire.auth)
        _ = visit.told(.opened(.server()))
        let told = try visit.read(VisitWire.stanza(to: "rooms.montague.example"))
        #expect(told.count == 2)
        #expect(!told.contains { $0.hasPrefix("reversible") })
    }

    @Test func `are not open unless asked for`() throws {
        var visit = S2SVisit.open()
        _ = try visit.read(VisitWire.auth)
        #expect(visit.told(.opened(.server())) == ["header", "features sm limits"])
    }

    @Test func `are not open for a pair that was refused`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        _ = try visit.read(VisitWire.bidi)
        #expect(try visit.read(VisitWire.claim(to: "verona.example")).count == 1)
    }

    @Test func `are asked for before any pair, and under TLS where that must be`() throws {
        for var visit in [S2SVisit.open(nil), try .dialled(), try .proved()] {
            #expect(try visit.read(VisitWire.bidi) == ["close policy-violation"])
        }
        var visit = S2SVisit.open(nil, trust: .plain)
        #expect(try visit.read(VisitWire.bidi) == [])
    }

    @Test func `are refused where they are not offered`() throws {
        var host = S2SVisit.host()
        host.offersBidi = false
        var visit = S2SVisit(host)
        _ = visit.told(.secured(S2SVisit.visitor))
        _ = visit.told(.opened(.server()))
        #expect(try visit.read(VisitWire.bidi) == ["close not-authorized"])
        #expect(
            try S2SVisit.openReading("<both xmlns='\(Namespace.bidi)'/>") == "close not-authorized"
        )
    }
}

extension S2SVisit {
    /// What a stream that has just been opened makes of an element.
    fileprivate static func openReading(_ xml: String) throws -> String {
        var visit = open()
        return try visit.read(xml).joined(separator: ", ")
    }
}
