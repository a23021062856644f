import MartletCore
import MartletXML
import Synchronization
import Testing

@testable import MartletStreams

/// Dialback on a stream that the peer opened: the receiving and the authoritative server (XEP-0220 §2.2).
struct S2SIncomingDialbackTests {
    private func question(
        _ sender: String = "capulet.example",
        to target: String = "montague.example",
        streamID: String = "s1",
        key: String = "key"
    ) -> DialbackQuestion {
        let pair = DomainPair(
            sender: JID(prepared: nil, sender),
            target: JID(prepared: nil, target)
        )
        return DialbackQuestion(pair: pair, streamID: streamID, key: key)
    }

    private static func result(_ word: String) -> String {
        "result montague.example capulet.example \(word)"
    }

    private static let authorized = [
        result("valid"), "authorized capulet.example → montague.example by dialback",
    ]

    @Test func `asks the authority, and authorises by its word`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        #expect(
            try visit.read(VisitWire.claim(key: "\n  key\n"))
                == ["ask capulet.example → montague.example s1 key"]
        )
        #expect(try visit.read(VisitWire.claim(key: "other")) == [], "one at a time")
        #expect(visit.told(.verified(question(), .valid)) == Self.authorized)
        #expect(visit.machine.pairs == [S2SVisit.pair: .dialback])
        #expect(try visit.read(VisitWire.message) == ["stanza message"])
        #expect(visit.told(.verified(question(), .valid)) == [], "it was told already")
        #expect(try visit.read(VisitWire.claim()) == [Self.result("valid")])
    }

    /// XEP-0220 §2.2.1: it may be heard as no one else, so the stream ends.
    @Test func `ends a stream whose only claim is false`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        _ = try visit.read(VisitWire.claim())
        #expect(visit.told(.verified(question(), .invalid)) == [Self.result("invalid"), "close "])
        #expect(visit.machine.isClosed)
        #expect(visit.machine.pairs.isEmpty)
    }

    @Test func `keeps a stream that carries others when one claim is false`() throws {
        var visit = try S2SVisit.dialled()
        let other = "garden.capulet.example"
        _ = try visit.read(VisitWire.claim(from: other))
        #expect(
            visit.told(.verified(question(other), .invalid))
                == ["result montague.example \(other) forbidden"]
        )
        #expect(visit.machine.pairs == [S2SVisit.pair: .dialback])
        #expect(try visit.read(VisitWire.message) == ["stanza message"])
        let foreign = VisitWire.stanza(from: "rose@\(other)")
        #expect(try visit.read(foreign) == ["close invalid-from"])
    }

    @Test(arguments: DialbackFault.allCases)
    func `passes on why an authority was not asked`(fault: DialbackFault) throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        _ = try visit.read(VisitWire.claim())
        #expect(
            visit.told(.verified(question(), .failed(fault))) == [Self.result(fault.rawValue)]
        )
        #expect(!visit.machine.isClosed)
        #expect(
            try visit.read(VisitWire.claim()).first?.hasPrefix("ask") == true,
            "it may try again"
        )
    }

    /// Row 26 of the attacks.
    @Test func `takes no word for another claim`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        _ = try visit.read(VisitWire.claim())
        for other in [
            question("garden.capulet.example"), question(to: "rooms.montague.example"),
            question(streamID: "s0"), question(key: "other"),
        ] {
            #expect(visit.told(.verified(other, .valid)) == [])
        }
        #expect(visit.machine.pairs.isEmpty)
        #expect(visit.told(.verified(question(), .valid)) == Self.authorized)
    }

    /// XEP-0344 §2.4: the certificate of this very stream says enough.
    @Test func `asks nobody about whom the certificate proves`() throws {
        var visit = S2SVisit.open()
        #expect(
            try visit.read(VisitWire.claim()) == [
                Self.result("valid"),
                "authorized capulet.example → montague.example by certificate",
            ]
        )
        #expect(
            try visit.read(VisitWire.claim(from: "tybalt.example")).first?.hasPrefix("ask") == true
        )
    }

    // MARK: What is refused at once (XEP-0220 §2.5)

    @Test func `refuses claims to domains that are not ours, and lives on`() throws {
        var visit = try S2SVisit.dialled()
        #expect(
            try visit.read(VisitWire.claim(to: "verona.example"))
                == ["result verona.example capulet.example item-not-found"]
        )
        #expect(!visit.machine.isClosed)
    }

    @Test func `refuses claims to be one of us`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        for own in ["montague.example", "rooms.montague.example"] {
            #expect(
                try visit.read(VisitWire.claim(from: own))
                    == ["result montague.example \(own) not-acceptable"]
            )
        }
    }

    @Test func `refuses those who are not admitted, for each domain of ours on its own`() throws {
        var visit = S2SVisit.open(rooms: .blocked)
        #expect(
            try visit.read(VisitWire.claim(to: "rooms.montague.example"))
                == ["result rooms.montague.example capulet.example not-acceptable"]
        )
        #expect(try visit.read(VisitWire.claim()).first == Self.result("valid"))
    }

    @Test func `refuses dialback without TLS but where it is allowed`() throws {
        var visit = S2SVisit.open(nil)
        #expect(try visit.read(VisitWire.claim()) == [Self.result("policy-violation")])
        visit = .open(nil, trust: .plain)
        #expect(try visit.read(VisitWire.claim()).first?.hasPrefix("ask") == true)
        #expect(visit.told(.verified(question(), .valid)) == Self.authorized)
    }

    /// Row 27 of the attacks.
    @Test(arguments: [S2SVisit.stranger, S2SVisit.tybalt, .unknown])
    func `refuses dialback where a certificate must prove the name`(
        identity: PeerIdentity
    ) throws {
        var visit = S2SVisit.open(identity, trust: .strict)
        #expect(try visit.read(VisitWire.claim()) == [Self.result("not-authorized")])
        visit = .open(trust: .strict)
        #expect(try visit.read(VisitWire.claim()).first == Self.result("valid"))
    }

    @Test(arguments: ["", "  \n ", String(repeating: "f", count: 1_024)])
    func `refuses what is nobody's key`(key: String) throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        #expect(try visit.read(VisitWire.claim(key: key)) == [Self.result("not-acceptable")])
    }

    // MARK: Bounds

    @Test func `asks about so many claims at a time`() throws {
        var limits = S2SPairLimits()
        limits.verifiesPerStream = 2
        var visit = S2SVisit.open(S2SVisit.stranger, limits: limits)
        for index in 1...2 {
            #expect(try visit.read(VisitWire.claim(from: "d\(index).example")).first?.first == "a")
        }
        let full = "result montague.example d3.example resource-constraint"
        for _ in 1...40 { #expect(try visit.read(VisitWire.claim(from: "d3.example")) == [full]) }
        _ = visit.told(.verified(question("d1.example"), .valid))
        #expect(
            try visit.read(VisitWire.claim(from: "d3.example"))
                == ["ask d3.example → montague.example s1 key"]
        )
    }

    /// Row 26 of the attacks: ten thousand domains on one stream.
    @Test func `authorises so many pairs on a stream`() throws {
        var limits = S2SPairLimits()
        limits.pairsPerStream = 4
        var visit = S2SVisit.open(S2SVisit.stranger, limits: limits)
        for index in 1...3 {
            _ = try visit.read(VisitWire.claim(from: "d\(index).example"))
            _ = visit.told(.verified(question("d\(index).example"), .valid))
        }
        _ = try visit.read(VisitWire.claim(from: "d4.example"))
        for index in 5...10_000 {
            let told = try visit.read(VisitWire.claim(from: "d\(index).example"))
            try #require(told == ["result montague.example d\(index).example resource-constraint"])
        }
        _ = visit.told(.verified(question("d4.example"), .valid))
        #expect(visit.machine.pairs.count == 4)
        #expect(!visit.machine.isClosed, "the four are heard")
    }

    @Test func `sends away a peer whose claims fail and fail`() throws {
        var visit = try S2SVisit.dialled()
        for index in 1...15 {
            let told = try visit.read(VisitWire.claim(to: "d\(index).example"))
            #expect(told.count == 1)
        }
        #expect(
            try visit.read(VisitWire.claim(to: "d16.example")) == [
                "result d16.example capulet.example item-not-found", "close policy-violation",
            ]
        )
        #expect(visit.machine.isClosed)
    }

    // MARK: The authoritative server (XEP-0220 §2.2.2)

    private static let key = "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d"

    private static func verdict(_ word: String) -> [String] {
        ["verify montague.example capulet.example \(word)"]
    }

    @Test(arguments: [
        (VisitWire.verify(), "valid"),
        (VisitWire.verify(id: "417GAF26"), "invalid"),
        (VisitWire.verify(key: "225cc5aa"), "invalid"),
        (VisitWire.verify(key: ""), "invalid"),
    ])
    func `tells its own keys from others`(xml: String, word: String) throws {
        for identity in [S2SVisit.stranger, S2SVisit.visitor] {
            var visit = S2SVisit.open(identity)
            #expect(try visit.read(xml) == Self.verdict(word))
        }
        var visit = try S2SVisit.proved()
        #expect(try visit.read(xml) == Self.verdict(word))
    }

    @Test func `answers to whom a key was for, not for others`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        #expect(
            try visit.read(VisitWire.verify(from: "tybalt.example"))
                == ["verify montague.example tybalt.example invalid"]
        )
        #expect(
            try visit.read(VisitWire.verify(to: "rooms.montague.example"))
                == ["verify rooms.montague.example capulet.example invalid"]
        )
        #expect(
            try visit.read(VisitWire.verify(to: "verona.example"))
                == ["verify verona.example capulet.example item-not-found"]
        )
        #expect(!visit.machine.isClosed)
    }

    @Test func `repeats the id of the question`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger)
        let element = try Element.parse(
            VisitWire.verify(id: "a'&amp;b".replacing("'", with: "&apos;"))
        )
        guard case .write(let bytes) = visit.machine.receive(.element(element)).first else {
            Issue.record("no answer")
            return
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "<db:verify from='montague.example' to='capulet.example' id='a&apos;&amp;b'"
                + " type='invalid'></db:verify>"
        )
    }

    @Test func `speaks of keys without TLS only where that is allowed`() throws {
        var visit = S2SVisit.open(nil)
        #expect(try visit.read(VisitWire.verify()) == Self.verdict("policy-violation"))
        visit = .open(nil, trust: .plain)
        #expect(try visit.read(VisitWire.verify()) == Self.verdict("valid"))
    }

    /// We are its authority, whatever we think of the peer; it came without saying who it is.
    @Test func `answers where nothing else is allowed`() throws {
        var visit = S2SVisit.open(S2SVisit.stranger, trust: .strict, from: nil)
        #expect(try visit.read(VisitWire.verify()) == Self.verdict("valid"))
    }

    // MARK: What nobody asked for (XEP-0220 §3.1)

    @Test(arguments: ["valid", "invalid", "error"])
    func `ends a stream that answers what was not asked`(type: String) throws {
        for kind in ["result", "verify"] {
            for bidi in [false, true] {
                var visit = S2SVisit.open(S2SVisit.stranger)
                if bidi { _ = try visit.read(VisitWire.bidi) }
                _ = try visit.read(VisitWire.claim())
                let xml =
                    "<\(kind) xmlns='\(Namespace.dialback)' from='capulet.example'"
                    + " to='montague.example' id='s1' type='\(type)'/>"
                #expect(try visit.read(xml) == ["close not-authorized"])
                #expect(visit.machine.pairs.isEmpty)
            }
        }
    }

    @Test func `ends a stream whose dialback has no addresses`() throws {
        var visit = try S2SVisit.dialled()
        #expect(
            try visit.read("<result xmlns='\(Namespace.dialback)'>key</result>")
                == ["close improper-addressing"]
        )
    }

    @Test func `asks again what settings say when the answer comes`() throws {
        final class Mood: Sendable { let trust = Mutex(PeerTrust()) }
        for (change, word) in [
            (PeerTrust.blocked, "not-acceptable"), (.strict, "not-authorized"),
        ] {
            let mood = Mood()
            var visit = S2SVisit(
                S2SHost(domain: S2SVisit.montague) { _ in mood.trust.withLock { $0 } }
            )
            _ = visit.told(.secured(S2SVisit.stranger))
            _ = visit.told(.opened(.server()))
            _ = try visit.read(VisitWire.claim())
            mood.trust.withLock { $0 = change }
            #expect(visit.told(.verified(question(), .valid)) == [Self.result(word)])
            #expect(visit.machine.pairs.isEmpty)
        }
    }
}
