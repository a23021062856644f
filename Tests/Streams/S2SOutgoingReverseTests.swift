import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// What the peer may say on a stream that we opened: nothing, or over a bidirectional one what it is
/// authorised for (XEP-0288 §2.2, §4).
struct S2SOutgoingReverseTests {
    private let bidi = "<bidi xmlns='\(Namespace.bidi)'/>"
    private let offers = PeerWire.features(PeerWire.dialback, PeerWire.bidi)

    /// A stream that was authorised by dialback, and asked to be bidirectional.
    private func bidirectional(
        identity: PeerIdentity = .stranger,
        limits: S2SPairLimits = .init(),
        otherTrust: PeerTrust = PeerTrust()
    ) throws -> S2SCaller {
        var caller = S2SCaller.opened(identity: identity, limits: limits, otherTrust: otherTrust)
        _ = caller.wants(montague, capulet)
        _ = try caller.read(offers)
        _ = try caller.read(PeerWire.dialback("result", type: "valid"))
        return caller
    }

    private func message(from: String, to: String) -> String {
        "<message from='\(from)' to='\(to)'><body>O</body></message>"
    }

    @Test func `is asked for once, before the first pair`() throws {
        var caller = S2SCaller.opened()
        #expect(try caller.read(offers) == ["featured"], "nobody wants a pair")
        let told = caller.wants(montague, capulet)
        #expect(told.count == 2 && told[0] == bidi && told[1].hasPrefix("<db:result"))
        #expect(caller.wants(rooms, capulet).count == 1)
    }

    @Test func `is asked for once, though SASL begins a new stream`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        let external = PeerWire.features(PeerWire.external, PeerWire.bidi)
        #expect(try caller.read(external) == ["featured", bidi, PeerWire.auth])
        _ = try caller.read(PeerWire.success)
        _ = caller.told(.opened(.peer()))
        #expect(try caller.read(external).count == 1)
        #expect(try caller.read(PeerWire.message) == ["stanza message from juliet@capulet.example"])
    }

    @Test func `is not asked for in plain where TLS is about to stand`() throws {
        var caller = S2SCaller.opened(trust: .terms(.optional), identity: nil)
        _ = caller.wants(montague, capulet)
        #expect(
            try caller.read(PeerWire.features(Wire.startTLS, PeerWire.bidi)) == [Wire.startTLS]
        )
    }

    @Test func `is asked for only where both sides want it`() throws {
        var options = S2SOutgoingMachine.Options()
        for isWanted in [true, false] {
            options.isBidirectional = isWanted
            var caller = S2SCaller.opened(options: options)
            _ = caller.wants(montague, capulet)
            let told = try caller.read(isWanted ? PeerWire.features(PeerWire.dialback) : offers)
            #expect(told.count == 2 && told[1].hasPrefix("<db:result"))
            _ = try caller.read(PeerWire.dialback("result", type: "valid"))
            #expect(try caller.read(PeerWire.message).last == "close not-authorized")
        }
    }

    @Test func `lets the peer say nothing before a pair is authorised`() throws {
        for xml in [
            PeerWire.message, PeerWire.dialback("result", from: garden, "key"),
            PeerWire.dialback("verify", id: "1", "key"),
        ] {
            var caller = S2SCaller.opened()
            _ = caller.wants(montague, capulet)
            _ = try caller.read(offers)
            #expect(try caller.read(xml).last == "close not-authorized")
        }
    }

    @Test func `is the inverse of what was authorised`() throws {
        var caller = try bidirectional()
        #expect(try caller.read(PeerWire.message) == ["stanza message from juliet@capulet.example"])
        #expect(caller.machine.pairs == [montagueToCapulet: .dialback], "ours alone")
    }

    @Test(arguments: [
        ("juliet@garden.capulet.example", "romeo@montague.example", "invalid-from"),
        ("mallory.example", "romeo@montague.example", "invalid-from"),
        ("romeo@montague.example", "romeo@montague.example", "invalid-from"),
        ("juliet@capulet.example", "room@conference.montague.example", "improper-addressing"),
        ("juliet@capulet.example", "juliet@capulet.example", "host-unknown"),
        ("juliet@capulet.example", "@@", "improper-addressing"),
    ])
    func `carries nothing else`(from: String, to: String, condition: String) throws {
        var caller = try bidirectional()
        let told = try caller.read(message(from: from, to: to))
        #expect(told.count == 2 && told[0].hasPrefix("fail") && told[1] == "close \(condition)")
    }

    @Test func `carries what the certificate proves, to whichever domain of ours`() throws {
        var caller = try bidirectional(identity: .certified())
        let other = message(from: "juliet@capulet.example", to: "room@conference.montague.example")
        #expect(try caller.read(other) == ["stanza message from juliet@capulet.example"])
        #expect(try caller.read(other).count == 1)
    }

    @Test func `asks each domain of ours whether it admits the peer`() throws {
        var caller = try bidirectional(
            identity: .certified(),
            otherTrust: .terms(isAdmitted: false)
        )
        let other = message(from: "juliet@capulet.example", to: "room@conference.montague.example")
        #expect(try caller.read(other).last == "close policy-violation")
    }

    /// A peer that says "valid" for a domain which is not its own does not become that domain.
    @Test func `is not the inverse of another target without its certificate`() throws {
        var caller = try bidirectional()
        _ = caller.wants(montague, garden)
        #expect(
            try caller.read(PeerWire.dialback("result", from: garden, type: "valid")).count == 1
        )
        #expect(caller.machine.pairs.count == 2)
        let forged = message(from: "rose@garden.capulet.example", to: "romeo@montague.example")
        #expect(try caller.read(forged).last == "close invalid-from")
    }

    // MARK: The peer's dialback

    @Test func `lets the peer add domains, proved over another stream`() throws {
        var caller = try bidirectional()
        let question = DialbackQuestion(
            pair: DomainPair(sender: garden, target: montague),
            streamID: peerStreamID,
            key: "key"
        )
        let claim = PeerWire.dialback("result", from: garden, "key")
        #expect(try caller.read(claim) == ["verify \(question.spoken)"])
        #expect(try caller.read(claim) == [], "it is under way")
        #expect(
            caller.told(.verified(question, .valid)) == [
                "<db:result from='montague.example' to='garden.capulet.example' type='valid'></db:result>",
                "reversible montague.example → garden.capulet.example",
            ]
        )
        let flower = message(from: "rose@garden.capulet.example", to: "romeo@montague.example")
        #expect(try caller.read(flower) == ["stanza message from rose@garden.capulet.example"])
        #expect(caller.told(.verified(question, .valid)) == [], "nobody waits")
    }

    @Test func `believes a certificate at once`() throws {
        var caller = try bidirectional(identity: .certified())
        let claim = PeerWire.dialback("result", to: rooms, "key")
        let told = try caller.read(claim)
        #expect(told.count == 2 && told[0].contains("type='valid'"))
        #expect(told[1] == "reversible conference.montague.example → capulet.example")
    }

    @Test(arguments: [
        (JID(prepared: nil, "verona.example"), garden, "item-not-found"),
        (montague, rooms, "not-acceptable"),
    ])
    func `refuses what cannot be`(to: JID, from: JID, fault: String) throws {
        var caller = try bidirectional()
        let told = try caller.read(PeerWire.dialback("result", from: from, to: to, "key"))
        #expect(told.count == 1 && told[0].contains("<\(fault) "))
        #expect(try caller.read(PeerWire.message).count == 1, "the stream lives on")
    }

    @Test func `says that a key was invalid, and keeps the stream`() throws {
        var caller = try bidirectional()
        _ = try caller.read(PeerWire.dialback("result", from: garden, "key"))
        let question = DialbackQuestion(
            pair: DomainPair(sender: garden, target: montague),
            streamID: peerStreamID,
            key: "key"
        )
        let told = caller.told(.verified(question, .invalid))
        #expect(told.count == 1 && told[0].contains("<forbidden "))
    }

    @Test func `ends with a peer that fails again and again`() throws {
        var limits = S2SPairLimits()
        limits.failuresPerStream = 2
        var caller = try bidirectional(limits: limits)
        let claim = PeerWire.dialback("result", from: montague, to: rooms, "key")
        #expect(try caller.read(claim).count == 1)
        let told = try caller.read(claim)
        #expect(told.count == 3 && told[1].hasPrefix("fail") && told[2] == "close policy-violation")
        #expect(caller.machine.isClosed)
    }

    @Test func `answers for keys of ours`() throws {
        var caller = try bidirectional()
        let key = DialbackSecret(Array("s3cr3tf0rd14lb4ck".utf8))
            .key(receiving: capulet, originating: rooms, streamID: "7")
        for (id, to, type) in [
            ("7", rooms, "type='valid'"), ("8", rooms, "type='invalid'"),
            ("7", garden, "<item-not-found "),
        ] {
            let told = try caller.read(PeerWire.dialback("verify", to: to, id: id, key))
            #expect(told.count == 1 && told[0].contains(type) && told[0].contains("id='\(id)'"))
        }
    }

    @Test func `answers nothing on a stream of one direction`() throws {
        for xml in [
            PeerWire.dialback("verify", to: rooms, id: "1", "key"),
            PeerWire.dialback("result", from: garden, "key"),
        ] {
            var caller = S2SCaller.opened()
            _ = caller.wants(montague, capulet)
            _ = try caller.read(PeerWire.features(PeerWire.dialback))
            _ = try caller.read(PeerWire.dialback("result", type: "valid"))
            #expect(try caller.read(xml).last == "close not-authorized")
        }
    }

    @Test(arguments: ["yes", ""])
    func `does not understand dialback that is none`(type: String) throws {
        var caller = try bidirectional()
        let told = try caller.read(PeerWire.dialback("result", type: type))
        #expect(told.count == 2 && told[1].hasPrefix("close "))
    }
}
