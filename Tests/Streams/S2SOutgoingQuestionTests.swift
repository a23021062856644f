import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// A stream to the authoritative server of a domain that somebody claimed (XEP-0220 §2.1.2).
struct S2SOutgoingQuestionTests {
    /// The peer is asked whether it made a key that came to montague.example.
    private let question = DialbackQuestion(
        pair: montagueToCapulet.reversed,
        streamID: "417GAF25",
        key: "225cc5aa"
    )
    private let request =
        "<db:verify from='montague.example' to='capulet.example' id='417GAF25'>225cc5aa</db:verify>"
    private let answered = "answered capulet.example → montague.example 417GAF25 225cc5aa:"

    private func verify(_ type: String, id: String = "417GAF25", _ content: String = "") -> String {
        PeerWire.dialback("verify", id: id, type: type, content)
    }

    private func another(_ id: String, key: String = "225cc5aa") -> DialbackQuestion {
        DialbackQuestion(pair: question.pair, streamID: id, key: key)
    }

    /// A caller who asked.
    private func asking() throws -> S2SCaller {
        var caller = S2SCaller.opened()
        _ = try caller.read(PeerWire.features())
        _ = caller.told(.ask(question))
        return caller
    }

    @Test func `asks as soon as the features are known, and authorises nothing`() throws {
        var caller = S2SCaller()
        #expect(caller.told(.ask(question)) == [])
        #expect(caller.told(.ask(question)) == [], "once")
        _ = caller.told(.secured(.stranger))
        _ = caller.told(.opened(.peer()))
        let offers = PeerWire.features(PeerWire.external, PeerWire.dialback, PeerWire.bidi)
        #expect(try caller.read(offers) == ["featured", request])
        #expect(caller.told(.ask(question)) == [], "its answer is on the way")
        #expect(caller.told(.ask(another("other"))).count == 1)
    }

    @Test func `asks a peer that does not offer dialback, too`() throws {
        var caller = S2SCaller()
        _ = caller.told(.secured(.stranger))
        _ = caller.told(.opened(.peer(id: nil, declaresDialback: false)))
        #expect(try caller.read(PeerWire.features()) == ["featured"])
        #expect(caller.told(.ask(question)) == [request])
    }

    @Test func `asks before it shows its certificate`() throws {
        var caller = S2SCaller()
        _ = caller.told(.ask(question))
        _ = caller.wants(montague, capulet)
        _ = caller.told(.secured(.stranger))
        _ = caller.told(.opened(.peer()))
        let offers = PeerWire.features(PeerWire.external, PeerWire.bidi)
        #expect(
            try caller.read(offers)
                == ["featured", request, "<bidi xmlns='\(Namespace.bidi)'/>", PeerWire.auth]
        )
        #expect(caller.told(.ask(another("later"))) == [], "SASL is not interrupted")
        #expect(try caller.read(verify("valid")) == ["\(answered) valid"], "but answers come")
        _ = try caller.read(PeerWire.success)
        _ = caller.told(.opened(.peer()))
        let told = try caller.read(PeerWire.features())
        #expect(told.count == 2 && told[0].contains("id='later'"))
    }

    @Test func `asks what waited for SASL when that failed`() throws {
        var caller = S2SCaller.opened()
        _ = caller.wants(montague, capulet)
        _ = try caller.read(PeerWire.features(PeerWire.external, PeerWire.dialback))
        #expect(caller.told(.ask(question)) == [])
        let told = try caller.read(PeerWire.failure)
        #expect(told.count == 2 && told[0] == request && told[1].hasPrefix("<db:result"))
    }

    @Test(arguments: [("valid", "valid"), ("invalid", "invalid")])
    func `hands the answer on`(type: String, outcome: String) throws {
        var caller = try asking()
        #expect(try caller.read(verify(type)) == ["\(answered) \(outcome)"])
        #expect(try caller.read(verify(type)).last == "close not-authorized", "once")
    }

    @Test(arguments: ["item-not-found", "policy-violation", "jid-malformed"])
    func `takes an error for an authority that was not found`(condition: String) throws {
        var caller = try asking()
        let error = verify("error", PeerWire.dialbackError(condition))
        #expect(try caller.read(error) == ["\(answered) remote-server-not-found"])
    }

    @Test(arguments: [
        PeerWire.dialback("verify", id: "417GAF26", type: "valid"),
        PeerWire.dialback("verify", from: garden, id: "417GAF25", type: "valid"),
        PeerWire.dialback("verify", to: rooms, id: "417GAF25", type: "valid"),
        PeerWire.dialback("verify", from: montague, to: capulet, id: "417GAF25", type: "valid"),
        PeerWire.dialback("result", type: "valid"),
    ])
    func `hears nothing that it did not ask`(xml: String) throws {
        var caller = try asking()
        #expect(
            try caller.read(xml) == [
                "\(answered) remote-server-timeout",
                "fail it does not follow the protocol: it answers what was not asked",
                "close not-authorized",
            ]
        )
    }

    @Test func `tells answers apart by the stream's id`() throws {
        var caller = try asking()
        _ = caller.told(.ask(another("two")))
        let told = try caller.read(verify("invalid", id: "two"))
        #expect(told.count == 1 && told[0].hasSuffix("two 225cc5aa: invalid"))
        #expect(try caller.read(verify("valid")) == ["\(answered) valid"])
    }

    @Test func `does not ask about two keys that were sent on one stream`() throws {
        var caller = try asking()
        let told = caller.told(.ask(another("417GAF25", key: "another")))
        #expect(told.count == 1 && told[0].hasSuffix("another: resource-constraint"))
    }

    @Test func `asks an authority that does not answer so much and no more`() throws {
        for isFeatured in [true, false] {
            var caller = S2SCaller.opened()
            if isFeatured { _ = try caller.read(PeerWire.features()) }
            for number in 0..<DialbackInitiator.questionLimit {
                #expect(caller.told(.ask(another("\(number)"))).count == (isFeatured ? 1 : 0))
            }
            let told = caller.told(.ask(another("more")))
            #expect(told.count == 1 && told[0].hasSuffix("resource-constraint"))
            let all = caller.machine.close(nil)
            #expect(all.count == DialbackInitiator.questionLimit + 1)
        }
    }

    @Test(arguments: [
        (PeerWire.error("host-unknown"), "remote-server-not-found"),
        (PeerWire.error("system-shutdown"), "remote-server-timeout"),
    ])
    func `leaves no question open when the stream ends`(xml: String, outcome: String) throws {
        var caller = try asking()
        let told = try caller.read(xml)
        #expect(told.count == 3 && told[0] == "\(answered) \(outcome)" && told[2] == "close")
        #expect(caller.told(.ask(question)) == ["\(answered) remote-server-timeout"])
    }

    @Test func `leaves none open when there never was one`() throws {
        var caller = S2SCaller.opened(identity: nil)
        _ = caller.told(.ask(question))
        let told = try caller.read(PeerWire.features())
        #expect(
            told == [
                "\(answered) remote-connection-failed", "fail it offers no TLS",
                "close policy-violation",
            ]
        )
    }

    @Test func `leaves none open when we end it`() throws {
        var caller = try asking()
        #expect(
            caller.machine.close(nil).map(\.spoken)
                == ["\(answered) remote-server-timeout", "close"]
        )
    }
}
