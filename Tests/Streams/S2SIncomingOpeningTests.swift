import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// The header of a stream from another server, its features, and TLS (RFC 6120 §4.7–4.9, §5).
struct S2SIncomingOpeningTests {
    @Test func `answers with its own header`() {
        var visit = S2SVisit()
        guard case .write(let bytes) = visit.machine.receive(.opened(.server())).first else {
            Issue.record("no header")
            return
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "<?xml version='1.0'?><stream:stream xmlns='jabber:server'"
                + " xmlns:stream='http://etherx.jabber.org/streams'"
                + " xmlns:db='jabber:server:dialback' version='1.0'"
                + " from='montague.example' to='capulet.example' id='s1' xml:lang='en'>"
        )
        #expect(visit.machine.streamID == "s1")
        #expect(visit.machine.peer == S2SVisit.capulet)
        #expect(visit.machine.domain == S2SVisit.montague)
    }

    @Test(arguments: [
        (StreamHeader.server(namespace: "urn:x"), StreamError.Condition.invalidNamespace),
        (.server(content: "jabber:client"), .invalidNamespace),
        (.server(content: "jabber:component:accept"), .invalidNamespace),
        (.server(content: nil), .invalidNamespace),
        (.server(name: "flow"), .badFormat),
        (.server(to: nil), .hostUnknown),
        (.server(to: ""), .hostUnknown),
        (.server(to: "verona.example"), .hostUnknown),
        (.server(to: "romeo@montague.example"), .hostUnknown),
        (.server(to: "montague.example/balcony"), .hostUnknown),
        (.server(to: "@@"), .hostUnknown),
        (.server(version: nil), .unsupportedVersion),
        (.server(version: ""), .unsupportedVersion),
        (.server(version: "0.9"), .unsupportedVersion),
        (.server(version: "one"), .unsupportedVersion),
        (.server(version: "-1.0"), .unsupportedVersion),
        (.server(from: ""), .invalidFrom),
        (.server(from: "juliet@capulet.example"), .invalidFrom),
        (.server(from: "capulet.example/balcony"), .invalidFrom),
        (.server(from: "no@t@jid"), .invalidFrom),
        (.server(from: "montague.example"), .invalidFrom),
        (.server(from: "rooms.montague.example"), .invalidFrom),
        (.server(from: String(repeating: "a", count: 1_024)), .invalidFrom),
    ])
    func `refuses one that is no good, in a stream`(
        header: StreamHeader,
        condition: StreamError.Condition
    ) {
        var visit = S2SVisit()
        #expect(visit.told(.opened(header)) == ["header", "close \(condition.rawValue)"])
        #expect(visit.machine.isClosed)
    }

    @Test(arguments: ["capulet.example", nil])
    func `turns away those whom its settings do not admit`(from: String?) {
        var visit = S2SVisit(S2SVisit.host(S2SVisit.montague, .blocked))
        #expect(visit.told(.opened(.server(from: from))) == ["header", "close policy-violation"])
    }

    /// One that only asks about keys need not say who it is (XEP-0220 §2.1.2).
    @Test func `takes a peer that does not say who it is, and offers it no EXTERNAL`() {
        var visit = S2SVisit()
        _ = visit.told(.secured(S2SVisit.visitor))
        #expect(
            visit.told(.opened(.server(from: nil))) == ["header", "features dialback bidi"]
        )
        #expect(visit.machine.peer == nil)
    }

    @Test(arguments: ["1", "1.0", "1.7", "2.0"])
    func `speaks 1.0 with those who speak more`(version: String) {
        var visit = S2SVisit()
        #expect(visit.told(.opened(.server(version: version))).last != "close unsupported-version")
        #expect(!visit.machine.isClosed)
    }

    @Test(arguments: ["MONTAGUE.example", "montague.example."])
    func `knows a domain however it is spelt`(name: String) {
        var visit = S2SVisit()
        _ = visit.told(.opened(.server(to: name)))
        #expect(visit.machine.domain == S2SVisit.montague)
    }

    @Test func `repeats nothing that could break out of an attribute`() {
        for header in [
            StreamHeader.server(to: "a'><x>&\"", from: "'/><evil a='<&"),
            .server(from: "'/><evil a='<&"), .server(from: "a'b.example"),
        ] {
            var visit = S2SVisit()
            guard case .write(let bytes) = visit.machine.receive(.opened(header)).first else {
                Issue.record("no header")
                continue
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.contains("evil") && !text.contains("<x>"))
        }
    }

    // MARK: Features

    private func features(
        _ identity: PeerIdentity?,
        _ trust: PeerTrust,
        change: (inout S2SHost) -> Void = { _ in }
    ) -> String {
        var host = S2SVisit.host(S2SVisit.montague, trust)
        change(&host)
        var visit = S2SVisit(host)
        if let identity { _ = visit.told(.secured(identity)) }
        guard case .send(let element) = visit.machine.receive(.opened(.server())).last else {
            return "none"
        }
        return element.children.map(\.description).joined()
    }

    private static let dialback =
        "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
    private static let bidi = "<bidi xmlns='urn:xmpp:features:bidi'/>"
    private static let external =
        "<mechanisms xmlns='\(Namespace.sasl)'><mechanism>EXTERNAL</mechanism></mechanisms>"

    @Test func `offers nothing but TLS, and bidi, where TLS must be`() {
        #expect(
            features(nil, PeerTrust())
                == "<starttls xmlns='\(Namespace.tls)'><required/></starttls>" + Self.bidi
        )
    }

    @Test func `offers dialback without TLS only where that is allowed`() {
        #expect(
            features(nil, .plain)
                == "<starttls xmlns='\(Namespace.tls)'/>" + Self.dialback + Self.bidi
        )
        #expect(features(nil, .plain) { $0.hasTLS = false } == Self.dialback + Self.bidi)
        #expect(features(nil, PeerTrust()) { $0.hasTLS = false } == Self.bidi)
    }

    /// XEP-0178 §3, step 9.
    @Test func `offers EXTERNAL to those whom their certificate proves`() {
        let all = Self.external + Self.dialback + Self.bidi
        #expect(features(S2SVisit.visitor, PeerTrust()) == all)
        #expect(features(S2SVisit.stranger, PeerTrust()) == Self.dialback + Self.bidi)
        #expect(features(S2SVisit.tybalt, PeerTrust()) == Self.dialback + Self.bidi)
        #expect(features(.unknown, PeerTrust()) == Self.dialback + Self.bidi)
        let pin = S2SVisit.stranger.certificate?.fingerprint
        let pinned = PeerTrust.with { $0.pins = [pin ?? []] }
        #expect(features(S2SVisit.stranger, pinned) == all)
    }

    @Test func `offers no more than the host does`() throws {
        #expect(
            features(S2SVisit.visitor, PeerTrust()) { $0.offersBidi = false }
                == Self.external + Self.dialback
        )
        var host = S2SVisit.host()
        (host.offersStreamManagement, host.stanzaByteLimit, host.idleSeconds) = (false, 1_234, 56)
        var visit = S2SVisit(host)
        _ = visit.told(.secured(S2SVisit.visitor))
        _ = visit.told(.opened(.server()))
        _ = try visit.read(VisitWire.auth)
        guard case .send(let element) = visit.machine.receive(.opened(.server())).last else {
            Issue.record("no features")
            return
        }
        #expect(
            element.children.map(\.description) == [
                "<limits xmlns='\(Namespace.limits)'><max-bytes>1234</max-bytes>"
                    + "<idle-seconds>56</idle-seconds></limits>"
            ]
        )
        #expect(try visit.read(Wire.enable) == ["close unsupported-stanza-type"])
    }

    // MARK: TLS

    /// RFC 6120 §5.4.2.2.
    @Test func `refuses TLS that it cannot do, and ends`() throws {
        var host = S2SVisit.host()
        host.hasTLS = false
        var visit = S2SVisit(host)
        _ = visit.told(.opened(.server()))
        #expect(try visit.read(Wire.startTLS) == ["failure", "close "])
    }

    /// RFC 6120 §5.4.3.3.
    @Test func `forgets under TLS what was said before it`() throws {
        var visit = S2SVisit.open(nil, trust: .plain)
        #expect(try visit.read(VisitWire.bidi) == [])
        #expect(try visit.read(VisitWire.claim()).count == 1)
        #expect(try visit.read(Wire.startTLS) == ["proceed", "start TLS"])
        let question = DialbackQuestion(pair: S2SVisit.pair, streamID: "s1", key: "key")
        #expect(visit.told(.verified(question, .valid)) == [], "it would stand in the handshake")
        #expect(visit.told(.secured(S2SVisit.stranger)) == [])
        #expect(visit.machine.streamID == "")
        #expect(!visit.machine.isBidirectional)
        #expect(visit.machine.peer == nil)
        #expect(visit.told(.opened(.server())).count == 2)
        #expect(visit.machine.streamID == "s2")
        #expect(visit.told(.verified(question, .valid)) == [])
        #expect(visit.machine.pairs.isEmpty)
    }

    @Test func `does not begin TLS on a stream that carries stanzas`() throws {
        var visit = S2SVisit.open(nil, trust: .plain)
        try visit.dial(S2SVisit.capulet)
        #expect(visit.machine.isAuthorized)
        #expect(try visit.read(Wire.startTLS) == ["close policy-violation"])
    }

    @Test func `may be another peer to another domain of ours under TLS`() {
        var visit = S2SVisit.open(nil)
        _ = visit.told(.secured(S2SVisit.tybalt))
        let header = StreamHeader.server(to: "rooms.montague.example", from: "tybalt.example")
        #expect(visit.told(.opened(header)).count == 2)
        #expect(visit.machine.domain == S2SVisit.rooms)
        #expect(visit.machine.peer == JID(prepared: nil, "tybalt.example"))
    }
}
