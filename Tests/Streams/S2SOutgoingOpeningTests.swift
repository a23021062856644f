import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// How a stream to another server begins: headers, features, TLS (RFC 6120 §4.7, §5).
struct S2SOutgoingOpeningTests {
    private let header = """
        <?xml version='1.0'?><stream:stream xmlns='jabber:server' \
        xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' \
        version='1.0' from='montague.example' to='capulet.example' xml:lang='en'>
        """
    private let startTLS = PeerWire.features(Wire.startTLS)

    @Test(arguments: [S2SEvent.connected, .secured(.stranger)])
    func `says who it is and whom it wants, in plain as under direct TLS`(event: S2SEvent) {
        var caller = S2SCaller()
        #expect(caller.told(event) == [header])
        #expect(caller.told(event) == [], "once")
    }

    @Test func `names domains as they are, not as DNS has them`() {
        let pair = DomainPair(
            sender: JID(prepared: nil, "müller.example"),
            target: JID(prepared: nil, "straße.example")
        )
        var machine = S2SOutgoingMachine(pair: pair, secret: DialbackSecret([1])) { _ in nil }
        let told = machine.receive(.connected).map(\.spoken).joined()
        #expect(told.contains("from='müller.example' to='straße.example'"))
    }

    @Test(arguments: [
        (StreamHeader.peer(namespace: "urn:example:other"), "invalid-namespace"),
        (.peer(content: Namespace.client), "invalid-namespace"),
        (.peer(content: nil), "invalid-namespace"),
        (.peer(name: "river"), "bad-format"),
        (.peer(version: nil), "unsupported-version"),
        (.peer(version: "0.9"), "unsupported-version"),
        (.peer(version: "one"), "unsupported-version"),
    ])
    func `has nothing to do with headers that are not XMPP's`(header: StreamHeader, told: String) {
        var caller = S2SCaller()
        _ = caller.told(.connected)
        let actions = caller.told(.opened(header))
        #expect(actions.count == 2 && actions[0].hasPrefix("fail it does not follow the protocol"))
        #expect(actions.last == "close \(told)")
        #expect(caller.machine.isClosed)
    }

    @Test(arguments: ["1.0", "1.9", "2.0"])
    func `speaks with versions to come`(version: String) throws {
        var caller = S2SCaller()
        _ = caller.told(.connected)
        #expect(caller.told(.opened(.peer(version: version))) == [])
        #expect(try caller.read(startTLS) == [Wire.startTLS])
    }

    @Test(arguments: ["mallory.example", "romeo@capulet.example", "", "@@"])
    func `goes no further with a peer that calls itself another`(from: String) throws {
        var caller = S2SCaller()
        _ = caller.told(.connected)
        #expect(caller.told(.opened(.peer(from: from))) == [])
        #expect(try caller.read(startTLS).last == "close invalid-from")
    }

    @Test func `hears from such a peer that it does not know the domain`() throws {
        var caller = S2SCaller()
        _ = caller.told(.connected)
        _ = caller.told(.opened(.peer(from: "hosting.example")))
        #expect(
            try caller.read(PeerWire.error("host-unknown"))
                == ["fail it ended the stream: host-unknown", "close"]
        )
    }

    @Test func `takes a header that names nobody`() throws {
        var caller = S2SCaller()
        _ = caller.told(.connected)
        #expect(caller.told(.opened(.peer(from: nil, to: nil))) == [])
        #expect(try caller.read(startTLS) == [Wire.startTLS])
        #expect(caller.machine.streamID == peerStreamID && caller.machine.language == "en")
    }

    @Test(arguments: [PeerTrust.TLS.required, .optional])
    func `takes TLS where it is offered`(tls: PeerTrust.TLS) throws {
        var caller = S2SCaller.opened(trust: .terms(tls), identity: nil)
        #expect(try caller.read(startTLS) == [Wire.startTLS])
        #expect(try caller.read(PeerWire.proceed) == ["start TLS"])
        #expect(!caller.machine.isEncrypted)
        #expect(caller.told(.secured(.stranger)) == [header], "anew")
        #expect(caller.machine.isEncrypted && caller.machine.streamID.isEmpty)
        _ = caller.told(.opened(.peer(id: "other")))
        #expect(try caller.read(PeerWire.features()) == ["featured"])
        #expect(caller.machine.streamID == "other")
    }

    @Test func `ends the stream where TLS is required and not offered`() throws {
        var caller = S2SCaller.opened(identity: nil)
        #expect(
            try caller.read(PeerWire.features(PeerWire.dialback))
                == ["fail it offers no TLS", "close policy-violation"]
        )
    }

    @Test func `goes on in plain where TLS is optional and not offered`() throws {
        var caller = S2SCaller.opened(trust: .terms(.optional), identity: nil)
        #expect(try caller.read(PeerWire.features(PeerWire.dialback)) == ["featured"])
    }

    @Test func `cannot go on in plain where a certificate is to prove the peer`() throws {
        var caller = S2SCaller.opened(trust: .terms(.optional, .certificate), identity: nil)
        let told = try caller.read(PeerWire.features(PeerWire.dialback))
        #expect(told == ["fail it has no TLS, and so shows no certificate", "close"])
    }

    @Test(arguments: ["<failure xmlns='\(Namespace.tls)'/>", PeerWire.message, PeerWire.success])
    func `gives up when TLS is refused after all`(xml: String) throws {
        var caller = S2SCaller.opened(identity: nil)
        _ = try caller.read(startTLS)
        #expect(
            try caller.read(xml)
                == ["fail TLS failed: it offered TLS and then refused it", "close"]
        )
    }

    /// CVE-2011-0411, from the other side: what was sent before TLS stood is not believed.
    @Test func `believes nothing that comes behind proceed`() throws {
        var caller = S2SCaller.opened(identity: nil)
        _ = try caller.read(startTLS)
        _ = try caller.read(PeerWire.proceed)
        let told = try caller.read(PeerWire.features(PeerWire.dialback))
        #expect(told.last == "close", "there is no stream on which to tell why")
        #expect(caller.machine.isClosed)
    }

    @Test func `needs the certificate to be the target's where that is the proof`() {
        for (identity, reason) in [
            (PeerIdentity.stranger, "self-signed"), (.certified("mallory.example"), "mallory"),
            (.unknown, "no certificate"),
        ] {
            var caller = S2SCaller(trust: .terms(.required, .certificate))
            let told = caller.told(.secured(identity))
            #expect(told.count == 2 && told[1] == "close")
            #expect(told[0].contains(reason), "\(told)")
        }
        var caller = S2SCaller(trust: .terms(.required, .certificate))
        #expect(caller.told(.secured(.certified())) == [header])
    }

    @Test func `needs no authority for a certificate that is pinned`() throws {
        let identity = PeerIdentity.stranger
        var trust = PeerTrust.terms(.required, .certificate)
        trust.pins = [try #require(identity.certificate).fingerprint]
        var caller = S2SCaller(trust: trust)
        #expect(caller.told(.secured(identity)) == [header])
    }

    @Test func `ends with the stream, and not before it began`() throws {
        var caller = S2SCaller()
        #expect(caller.machine.close(StreamError(.reset)).map(\.spoken) == ["close"])
        caller = S2SCaller.opened()
        let told = caller.machine.close(StreamError(.reset)).map(\.spoken)
        #expect(told == ["close reset"])
        #expect(caller.machine.close(nil).isEmpty)
        #expect(try caller.read(PeerWire.features()) == [])
        #expect(caller.wants(montague, capulet).first?.hasPrefix("refused") == true)
    }

    @Test func `says that the peer closed the stream`() throws {
        var caller = S2SCaller.opened()
        #expect(caller.told(.closed) == ["fail it closed the stream", "close"])
    }
}
