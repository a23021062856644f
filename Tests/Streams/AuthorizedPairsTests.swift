import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// What a stream may say (RFC 6120 §8.1.1.2, §8.1.2.2); rows 25 and 33 of the attacks.
struct AuthorizedPairsTests {
    @Test(arguments: [
        ("juliet@capulet.example/balcony", "romeo@montague.example"),
        ("capulet.example", "montague.example"),
        ("CAPULET.example/x", "Montague.example/y"),
    ])
    func `may go from and to all of a pair's addresses`(from: String, to: String) throws {
        for var visit in [try S2SVisit.proved(), try .dialled()] {
            for kind in ["message", "presence"] {
                let xml = VisitWire.stanza(kind, from: from, to: to)
                #expect(try visit.read(xml) == ["stanza \(kind)"])
            }
        }
    }

    private static let long = String(repeating: "a", count: 1_024)

    private static let malformed: [String?] = [
        nil, "", "@montague.example", "romeo@", "romeo@@montague.example",
        "romeo@montague.example/", "montague.example/", "a b@montague.example",
        "\(long)@montague.example", "romeo@montague.example/\(long)", "x@\(long)",
    ]

    @Test(arguments: malformed)
    func `needs two addresses that are some`(address: String?) throws {
        for kind in ["message", "presence", "iq"] {
            let more = kind == "iq" ? " type='get' id='1'" : ""
            for error in ["", " type='error'"] where kind != "iq" || error.isEmpty {
                var visit = try S2SVisit.proved()
                var xml = VisitWire.stanza(kind, to: address, more + error)
                #expect(try visit.read(xml) == ["close improper-addressing"], "to \(address ?? "")")
                visit = try S2SVisit.dialled()
                let from = address?.replacing("montague", with: "capulet")
                xml = VisitWire.stanza(kind, from: from, more + error)
                #expect(try visit.read(xml) == ["close improper-addressing"], "from \(from ?? "")")
            }
        }
    }

    @Test(arguments: ["verona.example", "romeo@verona.example", "montague.example.org"])
    func `goes nowhere but to us`(to: String) throws {
        for var visit in [try S2SVisit.proved(), try .dialled()] {
            #expect(try visit.read(VisitWire.stanza(to: to)) == ["close host-unknown"])
        }
    }

    @Test(arguments: [
        "tybalt@verona.example", "garden.capulet.example", "romeo@montague.example",
        "rooms.montague.example", "capulet.example.org", "apulet.example",
    ])
    func `comes from nobody else`(from: String) throws {
        for var visit in [try S2SVisit.proved(), try .dialled()] {
            #expect(try visit.read(VisitWire.stanza(from: from)) == ["close invalid-from"])
            #expect(visit.machine.isClosed)
        }
    }

    /// What was told about one stanza is not taken for the next.
    @Test func `looks at each stanza`() throws {
        var visit = try S2SVisit.dialled()
        for _ in 1...3 { #expect(try visit.read(VisitWire.message) == ["stanza message"]) }
        #expect(
            try visit.read(VisitWire.stanza(from: "juliet@verona.example"))
                == ["close invalid-from"]
        )
    }

    // MARK: From pair to pair

    @Test func `stretches a certificate to other domains of ours, once`() throws {
        var visit = try S2SVisit.proved()
        let xml = VisitWire.stanza(to: "hall@rooms.montague.example")
        #expect(
            try visit.read(xml) == [
                "authorized capulet.example → rooms.montague.example by certificate",
                "stanza message",
            ]
        )
        #expect(try visit.read(xml) == ["stanza message"])
        #expect(try visit.read(VisitWire.message) == ["stanza message"])
        #expect(visit.machine.pairs.count == 2)
    }

    @Test func `stretches a dialback key to nothing`() throws {
        var visit = try S2SVisit.dialled()
        let xml = VisitWire.stanza(to: "hall@rooms.montague.example")
        #expect(try visit.read(xml) == ["close improper-addressing"])
    }

    @Test func `stretches a certificate as far as the other domain wishes`() throws {
        let xml = VisitWire.stanza(to: "hall@rooms.montague.example")
        var visit = try S2SVisit.proved(rooms: .blocked)
        #expect(try visit.read(xml) == ["close policy-violation"])
        visit = try S2SVisit.proved(rooms: nil)
        #expect(try visit.read(xml) == ["close host-unknown"])
    }

    /// What one tenant pinned says nothing to another.
    @Test func `does not stretch a certificate that only one domain has pinned`() throws {
        let pin = S2SVisit.stranger.certificate?.fingerprint ?? []
        let pinned = PeerTrust.with { $0.pins = [pin] }
        let xml = VisitWire.stanza(to: "hall@rooms.montague.example")
        for (rooms, told) in [
            (PeerTrust(), "close policy-violation"),
            (pinned, "authorized capulet.example → rooms.montague.example by certificate"),
        ] {
            var visit = S2SVisit.open(S2SVisit.stranger, trust: pinned, rooms: rooms)
            _ = try visit.read(VisitWire.auth)
            _ = visit.told(.opened(.server()))
            #expect(try visit.read(VisitWire.message) == ["stanza message"])
            #expect(try visit.read(xml).first == told)
        }
    }

    @Test func `stretches nothing beyond the bound on pairs`() throws {
        var limits = S2SPairLimits()
        limits.pairsPerStream = 1
        var visit = try S2SVisit.proved(limits: limits)
        let xml = VisitWire.stanza(to: "hall@rooms.montague.example")
        #expect(try visit.read(xml) == ["close resource-constraint"])
    }

    @Test func `adds pairs by dialback to those of a certificate`() throws {
        var visit = try S2SVisit.proved()
        let garden = JID(prepared: nil, "garden.capulet.example")
        try visit.dial(garden)
        #expect(
            try visit.read(VisitWire.stanza(from: "rose@garden.capulet.example"))
                == ["stanza message"]
        )
        let rooms = VisitWire.stanza(
            from: "rose@garden.capulet.example",
            to: "rooms.montague.example"
        )
        #expect(try visit.read(rooms) == ["close improper-addressing"])
    }

    @Test func `keeps the better proof of a pair`() {
        var pairs = AuthorizedPairs(limit: 2)
        pairs.insert(S2SVisit.pair, .certificate)
        pairs.insert(S2SVisit.pair, .dialback)
        #expect(pairs.proofs == [S2SVisit.pair: .certificate])
        pairs.insert(S2SVisit.pair.reversed, .dialback)
        pairs.insert(S2SVisit.pair.reversed, .certificate)
        #expect(pairs.proofs[S2SVisit.pair.reversed] == .certificate)
        #expect(pairs.isFull)
    }

    // MARK: What cannot be routed

    private static let query = "<query xmlns='urn:example:birds'/>"

    @Test(arguments: [
        ("<iq type='get'\(route)>\(query)</iq>", ["answer iq bad-request"]),
        ("<iq type='get' id='1'\(route)/>", ["answer iq bad-request"]),
        ("<iq type='set' id='1'\(route)>\(query)\(query)</iq>", ["answer iq bad-request"]),
        ("<iq type='sing' id='1'\(route)/>", ["answer iq bad-request"]),
        ("<iq id='1'\(route)/>", ["answer iq bad-request"]),
        ("<presence type='sing'\(route)/>", ["answer presence bad-request"]),
        ("<iq type='result'\(route)/>", []),
        ("<iq type='error'\(route)/>", []),
    ])
    func `is answered where it may be`(xml: String, told: [String]) throws {
        var visit = try S2SVisit.proved()
        #expect(try visit.read(xml) == told)
        #expect(!visit.machine.isClosed)
    }

    private static let route = " from='juliet@capulet.example/x' to='romeo@montague.example'"

    @Test func `is answered by whom it was for`() throws {
        var visit = try S2SVisit.proved()
        let element = try Element.parse("<iq type='get' id='1'\(Self.route)/>")
        guard case .answer(let stanza) = visit.machine.receive(.element(element)).last else {
            Issue.record("no answer")
            return
        }
        #expect(stanza.to == (try JID("juliet@capulet.example/x")))
        #expect(stanza.from == (try JID("romeo@montague.example")))
        #expect(stanza.id == "1")
        #expect(stanza.type == .error)
    }

    /// Nobody is sent an error because another said something in their name.
    @Test(arguments: [
        (
            "<iq type='sing' id='1' from='tybalt@verona.example' to='montague.example'/>",
            "close invalid-from"
        ),
        (
            "<iq type='sing' id='1' from='capulet.example' to='verona.example'/>",
            "close host-unknown"
        ),
        ("<iq type='sing' id='1' to='montague.example'/>", "close improper-addressing"),
        ("<sing from='capulet.example' to='montague.example'/>", "close unsupported-stanza-type"),
    ])
    func `is looked at for its addresses first`(xml: String, told: String) throws {
        var visit = try S2SVisit.proved()
        #expect(try visit.read(xml) == [told])
    }

    @Test func `has the stream's language where it has none`() throws {
        var visit = S2SVisit.open()
        _ = try visit.read(VisitWire.auth)
        var header = StreamHeader.server()
        header.language = "it"
        _ = visit.told(.opened(header))
        for (more, language) in [("", "it"), (" xml:lang='en'", "en")] {
            let element = try Element.parse(VisitWire.stanza("message", more))
            guard case .stanza(let stanza) = visit.machine.receive(.element(element)).last else {
                Issue.record("no stanza")
                continue
            }
            #expect(stanza.language == language)
        }
    }
}
