import MartletCore
import MartletCrypto
import MartletXML
import Testing

@testable import MartletStreams

/// SASL EXTERNAL between servers (RFC 6120 §6, XEP-0178 §3).
struct S2SIncomingLoginTests {
    private static let success = [
        "success", "authorized capulet.example → montague.example by certificate", "restart",
    ]

    private func auth(_ authzid: String, mechanism: String = "EXTERNAL") -> String {
        let text = authzid.isEmpty ? "=" : Base64.encode(Array(authzid.utf8))
        return "<auth xmlns='\(Namespace.sasl)' mechanism='\(mechanism)'>\(text)</auth>"
    }

    @Test(arguments: ["", "capulet.example", "CAPULET.example"])
    func `takes the peer for whom its header and its certificate name`(authzid: String) throws {
        var visit = S2SVisit.open()
        #expect(try visit.read(auth(authzid)) == Self.success)
        #expect(visit.machine.pairs == [S2SVisit.pair: .certificate])
        #expect(visit.told(.opened(.server())) == ["header", "features sm limits"])
        #expect(visit.machine.streamID == "s2")
    }

    @Test func `asks for a name that did not come at once`() throws {
        var visit = S2SVisit.open()
        #expect(try visit.read(VisitWire.bareAuth) == ["challenge"])
        #expect(try visit.read(VisitWire.response) == Self.success)
    }

    @Test(arguments: [
        ("montague.example", "failure invalid-authzid"),
        ("tybalt.example", "failure invalid-authzid"),
        ("juliet@capulet.example", "failure invalid-authzid"),
        ("capulet.example/x", "failure invalid-authzid"),
        ("\u{0}", "failure invalid-authzid"),
    ])
    func `takes nobody for another`(authzid: String, told: String) throws {
        var visit = S2SVisit.open()
        #expect(try visit.read(auth(authzid)) == [told])
        #expect(visit.machine.pairs.isEmpty)
    }

    @Test(arguments: [S2SVisit.stranger, S2SVisit.tybalt, .unknown])
    func `refuses those whom their certificate does not prove, and goes on`(
        identity: PeerIdentity
    ) throws {
        var visit = S2SVisit.open(identity)
        #expect(try visit.read(VisitWire.auth) == ["failure not-authorized"])
        let claim = try visit.read(VisitWire.claim())
        #expect(claim == ["ask capulet.example → montague.example s1 key"], "dialback may follow")
    }

    @Test func `refuses one that did not say who it is`() throws {
        var visit = S2SVisit.open(from: nil)
        #expect(try visit.read(VisitWire.auth) == ["failure not-authorized"])
    }

    @Test(arguments: [
        ("<auth xmlns='\(Namespace.sasl)'>=</auth>", "failure invalid-mechanism"),
        ("<auth xmlns='\(Namespace.sasl)' mechanism='PLAIN'>=</auth>", "failure invalid-mechanism"),
        (
            "<auth xmlns='\(Namespace.sasl)' mechanism='EXTERNAL'>no base64</auth>",
            "failure incorrect-encoding"
        ),
    ])
    func `refuses what it does not understand`(xml: String, told: String) throws {
        var visit = S2SVisit.open()
        #expect(try visit.read(xml) == [told])
    }

    @Test func `refuses a certificate that came in no TLS`() throws {
        var visit = S2SVisit.open(nil, trust: .plain)
        #expect(try visit.read(VisitWire.auth) == ["failure not-authorized"])
    }

    @Test func `ends a stream on which logging in failed three times`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        for _ in 1...2 { #expect(try visit.read(VisitWire.auth) == ["failure not-authorized"]) }
        #expect(
            try visit.read(VisitWire.auth) == ["failure not-authorized", "close policy-violation"]
        )
    }

    /// RFC 6120 §4.7.1: what it says after its login is who logged in, to the same domain.
    @Test(arguments: [
        (StreamHeader.server(), nil), (.server(from: nil), nil),
        (.server(from: "CAPULET.example"), nil),
        (.server(from: "tybalt.example"), "close invalid-from"),
        (.server(from: "juliet@capulet.example"), "close invalid-from"),
        (.server(to: "rooms.montague.example"), "close host-unknown"),
        (.server(to: "verona.example"), "close host-unknown"),
    ])
    func `stays who it was, and where`(header: StreamHeader, fault: String?) throws {
        var visit = S2SVisit.open()
        _ = try visit.read(VisitWire.auth)
        #expect(visit.told(.opened(header)) == ["header", fault ?? "features sm limits"])
        if fault == nil { #expect(visit.machine.peer == S2SVisit.capulet) }
    }

    /// An answer of dialback's would stand outside the stream.
    @Test func `forgets a dialback that is under way`() throws {
        var visit = S2SVisit.open(from: "capulet.example")
        #expect(try visit.read(VisitWire.claim(from: "garden.capulet.example")).count == 1)
        #expect(try visit.read(VisitWire.auth) == Self.success)
        let question = DialbackQuestion(
            pair: DomainPair(
                sender: JID(prepared: nil, "garden.capulet.example"),
                target: S2SVisit.montague
            ),
            streamID: "s1",
            key: "key"
        )
        #expect(visit.told(.verified(question, .valid)) == [])
        #expect(visit.machine.pairs == [S2SVisit.pair: .certificate])
    }
}
