import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// How pairs are authorised on a stream to another server (XEP-0178 §3, XEP-0220 §2.1.1).
struct S2SOutgoingAuthorizingTests {
    /// XEP-0220's own key, for these domains, this id and this secret, but the other way around.
    private func request(_ sender: JID = montague, _ target: JID = capulet) -> String {
        let key = DialbackSecret(Array("s3cr3tf0rd14lb4ck".utf8))
            .key(receiving: target, originating: sender, streamID: peerStreamID)
        return "<db:result from='\(sender)' to='\(target)'>\(key)</db:result>"
    }

    private func plainOptions() -> S2SOutgoingMachine.Options {
        var options = S2SOutgoingMachine.Options()
        options.isBidirectional = false
        return options
    }

    private let authorized = "authorized montague.example → capulet.example by"
    private let refused = "refused montague.example → capulet.example:"

    // MARK: EXTERNAL

    @Test func `shows its certificate, and opens the stream anew`() throws {
        var caller = S2SCaller.opened()
        #expect(caller.wants(montague, capulet) == [])
        #expect(
            try caller.read(PeerWire.features(PeerWire.external, PeerWire.dialback))
                == ["featured", PeerWire.auth]
        )
        let told = try caller.read(PeerWire.success)
        #expect(told.count == 2 && told[0] == "restart" && told[1].contains("to='capulet.example'"))
        #expect(caller.told(.opened(.peer(id: "new"))) == [])
        #expect(try caller.read(PeerWire.features()) == ["\(authorized) certificate"])
        #expect(caller.machine.pairs == [montagueToCapulet: .certificate])
    }

    @Test func `begins when the pair is wanted, however late`() throws {
        var caller = S2SCaller.opened()
        #expect(try caller.read(PeerWire.features(PeerWire.external)) == ["featured"])
        #expect(caller.wants(montague, capulet) == [PeerWire.auth])
        #expect(caller.wants(montague, capulet) == [], "it is under way")
    }

    @Test func `asks for acknowledgements before the first stanza may flow`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.external))
        _ = try caller.read(PeerWire.success)
        _ = caller.told(.opened(.peer()))
        #expect(
            try caller.read(PeerWire.features(PeerWire.management))
                == [PeerWire.enable, "\(authorized) certificate"]
        )
        #expect(
            try caller.read("<enabled xmlns='\(Namespace.streamManagement)'/>") == [
                "manage enabled"
            ]
        )
        #expect(try caller.read(Wire.request) == ["manage r"])
    }

    @Test func `has no acknowledgements that it did not ask for`() throws {
        var options = plainOptions()
        options.isManaged = false
        var caller = S2SCaller.opened(options: options)
        _ = caller.wants(montague, capulet)
        let offers = PeerWire.features(PeerWire.dialback, PeerWire.management)
        _ = try caller.read(offers)
        #expect(
            try caller.read(PeerWire.dialback("result", type: "valid")) == [
                "\(authorized) dialback"
            ]
        )
        #expect(try caller.read(Wire.request).last == "close unsupported-stanza-type")
    }

    @Test(arguments: [(false, true, true), (true, false, true), (true, true, false)])
    func `dials back where it cannot show a certificate`(
        hasCertificate: Bool,
        isOffered: Bool,
        isSecure: Bool
    ) throws {
        var caller = S2SCaller.opened(
            trust: .terms(.optional),
            identity: isSecure ? .stranger : nil,
            hasCertificate: hasCertificate
        )
        _ = caller.wants(montague, capulet)
        let offers = PeerWire.features(isOffered ? PeerWire.external : "", PeerWire.dialback)
        #expect(try caller.read(offers) == ["featured", request()])
    }

    @Test func `dials back when its certificate is refused`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.external, PeerWire.dialback))
        #expect(try caller.read(PeerWire.failure) == [request()])
        #expect(
            try caller.read(PeerWire.dialback("result", type: "valid")) == [
                "\(authorized) dialback"
            ]
        )
    }

    @Test func `gives up when its certificate is refused and there is no other way`() throws {
        var caller = S2SCaller()
        _ = caller.told(.secured(.stranger))
        _ = caller.told(.opened(.peer(declaresDialback: false)))
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.external))
        #expect(
            try caller.read(PeerWire.failure)
                == ["fail it refused our certificate: not-authorized", "close"]
        )
    }

    @Test func `knows why the peer closed the stream behind a failure`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.external, PeerWire.dialback))
        _ = try caller.read(PeerWire.failure)
        #expect(
            caller.told(.closed) == ["fail it refused our certificate: not-authorized", "close"]
        )
    }

    @Test(arguments: [
        "<challenge xmlns='\(Namespace.sasl)'/>",
        "<success xmlns='\(Namespace.sasl)'>AAAA</success>",
        "<response xmlns='\(Namespace.sasl)'/>", PeerWire.message, PeerWire.proceed,
        PeerWire.features(PeerWire.external),
        PeerWire.dialback("result", type: "valid"),
    ])
    func `takes nothing for success but success`(xml: String) throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.external))
        let told = try caller.read(xml)
        #expect(told.count == 2 && told[1].hasPrefix("close "), "\(told)")
        #expect(caller.machine.pairs.isEmpty)
    }

    @Test func `speaks by certificate for the header's sender alone`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(rooms, capulet)
        let offers = PeerWire.features(PeerWire.external, PeerWire.dialback)
        #expect(try caller.read(offers) == ["featured", request(rooms)])
        #expect(caller.wants(montague, capulet) == [request()], "SASL would begin a new stream")
    }

    // MARK: Dialback

    @Test(arguments: [true, false])
    func `dials back by what the features or the header offer`(isFeature: Bool) throws {
        var caller = S2SCaller()
        _ = caller.told(.secured(.stranger))
        _ = caller.told(.opened(.peer(declaresDialback: !isFeature)))
        _ = caller.wants(montague, capulet)
        let offers = PeerWire.features(isFeature ? PeerWire.dialback : "")
        #expect(try caller.read(offers) == ["featured", request()])
    }

    @Test func `has no way to a peer that offers none`() throws {
        let none = ["featured", "\(refused) it offers neither EXTERNAL nor dialback"]
        for header in [StreamHeader.peer(declaresDialback: false), .peer(id: nil), .peer(id: "")] {
            var caller = S2SCaller()
            _ = caller.told(.secured(.stranger))
            _ = caller.told(.opened(header))
            _ = caller.wants(montague, capulet)
            let offers = PeerWire.features(header.id == peerStreamID ? "" : PeerWire.dialback)
            #expect(try caller.read(offers) == none)
            #expect(!caller.machine.isClosed)
        }
    }

    @Test func `asks for acknowledgements after dialback, if they were offered`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.dialback, PeerWire.management))
        #expect(
            try caller.read(PeerWire.dialback("result", type: "valid", "the key, as some send it"))
                == [PeerWire.enable, "\(authorized) dialback"]
        )
        #expect(caller.wants(montague, capulet) == ["\(authorized) dialback"])
    }

    @Test(arguments: DialbackFault.allCases)
    func `keeps the stream when dialback fails`(fault: DialbackFault) throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.dialback))
        let error = PeerWire.dialbackError(fault.rawValue)
        let told = try caller.read(PeerWire.dialback("result", type: "error", error))
        #expect(told == ["\(refused) it could not verify our dialback key: \(fault.rawValue)"])
        #expect(caller.wants(montague, capulet) == [request()], "it may be tried again")
    }

    @Test func `wants nothing more of a stream on which its key was invalid`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.dialback))
        let invalid = PeerWire.dialback("result", type: "invalid")
        let why = "it says that our dialback key is invalid"
        #expect(try caller.read(invalid) == ["\(refused) \(why)"])
        #expect(caller.wants(montague, capulet) == ["\(refused) \(why)"])
        #expect(caller.told(.closed) == ["fail \(why)", "close"])
    }

    @Test func `leaves such a stream, if others flowed on it`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.dialback))
        _ = try caller.read(PeerWire.dialback("result", type: "valid"))
        _ = caller.wants(rooms, capulet)
        let told = try caller.read(PeerWire.dialback("result", to: rooms, type: "invalid"))
        #expect(told.count == 3 && told[0].hasPrefix("refused conference"))
        #expect(told[2] == "close" && caller.machine.isClosed)
    }

    // MARK: More pairs on one stream (XEP-0220 §2.6)

    @Test func `carries other senders behind the certificate`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = caller.wants(rooms, capulet)
        let offers = PeerWire.features(PeerWire.external, PeerWire.dialback)
        #expect(try caller.read(offers) == ["featured", PeerWire.auth], "one after the other")
        _ = try caller.read(PeerWire.success)
        _ = caller.told(.opened(.peer()))
        #expect(
            try caller.read(PeerWire.features())
                == ["\(authorized) certificate", request(rooms)]
        )
        #expect(
            try caller.read(PeerWire.dialback("result", to: rooms, type: "valid"))
                == ["authorized conference.montague.example → capulet.example by dialback"]
        )
        #expect(caller.machine.pairs.count == 2)
    }

    @Test func `tries other targets only where errors do not end the stream`() throws {
        for (offer, isTried) in [
            (PeerWire.dialback, true), ("<dialback xmlns='\(Namespace.dialbackFeature)'/>", false),
        ] {
            var caller = S2SCaller.opened()
            _ = try caller.read(PeerWire.features(offer))
            let told = caller.wants(montague, garden)
            #expect(told == [request(montague, garden)] || !isTried)
            #expect(told.first?.hasPrefix("refused") == !isTried)
        }
    }

    @Test(arguments: [
        (PeerTrust.terms(isAdmitted: false), "our settings allow no streams with it"),
        (.terms(.required), "it offers no TLS"),
        (.terms(.optional, .certificate), "it has no TLS, and so shows no certificate"),
    ])
    func `asks for every pair what its sender asks`(trust: PeerTrust, reason: String) throws {
        var caller = S2SCaller.opened(
            trust: .terms(.optional),
            identity: nil,
            otherTrust: trust
        )
        _ = try caller.read(PeerWire.features(PeerWire.dialback))
        let told = caller.wants(rooms, capulet)
        #expect(told == ["refused conference.montague.example → capulet.example: \(reason)"])
    }

    @Test func `speaks for domains of ours alone`() throws {
        var caller = S2SCaller.opened()
        _ = try caller.read(PeerWire.features(PeerWire.dialback))
        #expect(caller.wants(garden, capulet).first?.hasPrefix("refused garden") == true)
    }

    @Test func `has no stream with a peer that settings do not allow`() throws {
        var caller = S2SCaller.opened(trust: .terms(isAdmitted: false))
        _ = try caller.read(PeerWire.features(PeerWire.external, PeerWire.dialback))
        #expect(
            caller.wants(montague, capulet) == ["\(refused) our settings allow no streams with it"]
        )
    }

    @Test func `carries so many pairs and no more`() throws {
        var limits = S2SPairLimits()
        limits.pairsPerStream = 2
        var caller = S2SCaller.opened(limits: limits)
        _ = caller.wants(montague, capulet)
        _ = caller.wants(rooms, capulet)
        let more = DomainPair(sender: rooms, target: garden)
        let told = "refused \(more): too much waits for it already"
        #expect(caller.told(.wants(more)) == [told], "those that wait count")
        _ = try caller.read(PeerWire.features(PeerWire.dialback))
        #expect(caller.told(.wants(more)) == [told], "those that were requested")
        _ = try caller.read(PeerWire.dialback("result", type: "valid"))
        _ = try caller.read(PeerWire.dialback("result", to: rooms, type: "valid"))
        #expect(caller.told(.wants(more)) == [told], "those that are authorised")
    }
}
