import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Our own servers with each other, machine to machine.
struct S2SDuetTests {
    private let authorized = "authorized montague.example → capulet.example by"
    private let reversible = "reversible capulet.example → montague.example"
    private let message =
        "<message from='romeo@montague.example' to='juliet@capulet.example'><body>O</body></message>"

    /// The callee of a stream has its caller's authority asked, over a stream of its own.
    private func verify(
        _ duet: S2SDuet,
        from house: S2SHouse = .capulets,
        at authority: S2SHouse = .montagues
    ) throws {
        let question = try #require(duet.callee.questions.first)
        duet.callee.questions.removeFirst()
        let back = S2SDuet(
            house,
            to: authority,
            question.pair.reversed,
            caller: .stranger,
            callee: .stranger
        )
        back.tellCaller(.ask(question))
        back.play(wants: [])
        #expect(back.log.suffix(2) == ["> verify", "< verify"])
        let answer = try #require(back.caller.answers.first)
        #expect(answer.0 == question && back.caller.machine.pairs.isEmpty)
        duet.tellCallee(.verified(question, answer.1))
    }

    // MARK: Certificates

    @Test func `prove each other by certificates`() throws {
        let duet = S2SDuet()
        duet.play()
        #expect(
            duet.log == [
                "> header", "< header", "< features", "> starttls", "< proceed",
                "> header", "< header", "< features", "> bidi", "> auth", "< success",
                "> header", "< header", "< features", "> enable",
            ]
        )
        #expect(duet.caller.said == ["featured", "\(authorized) certificate"])
        #expect(duet.callee.said == ["\(authorized) certificate", reversible, "manage enable"])
        #expect(duet.caller.machine.pairs == duet.callee.machine.pairs)
        #expect(duet.caller.machine.streamID == duet.callee.machine.streamID)
        #expect(duet.caller.machine.isEncrypted && duet.callee.machine.isEncrypted)
        duet.tellCallee(.element(try Element.parse(message)))
        #expect(duet.callee.said.last == "stanza message from romeo@montague.example")
        duet.tellCaller(.element(try Element.parse(PeerWire.message)))
        #expect(duet.caller.said.last == "stanza message from juliet@capulet.example")
    }

    @Test func `need no STARTTLS under direct TLS`() {
        let duet = S2SDuet()
        duet.play(isDirect: true)
        #expect(duet.log.prefix(4) == ["> header", "< header", "< features", "> bidi"])
        #expect(duet.caller.hasSaid("\(authorized) certificate"))
    }

    @Test func `need nobody's word where the certificate says it, though dialback asks`() {
        var house = S2SHouse.montagues
        house.hasCertificate = false
        let duet = S2SDuet(house)
        duet.play()
        #expect(duet.log.suffix(3) == ["> bidi", "> result", "< result"])
        #expect(duet.caller.hasSaid("\(authorized) dialback"))
        #expect(duet.callee.hasSaid("\(authorized) certificate") && duet.callee.hasSaid(reversible))
        #expect(duet.callee.questions.isEmpty)
    }

    // MARK: Dialback

    @Test func `prove each other by dialback, with a third machine as the authority`() throws {
        let duet = S2SDuet(caller: .stranger, callee: .stranger)
        duet.play()
        #expect(duet.log.suffix(3) == ["< features", "> bidi", "> result"])
        #expect(duet.caller.said == ["featured"] && duet.callee.said.isEmpty)
        try verify(duet)
        #expect(duet.caller.said == ["featured", "\(authorized) dialback"])
        #expect(duet.callee.said == ["\(authorized) dialback", reversible])
        duet.tellCallee(.element(try Element.parse(message)))
        #expect(duet.callee.said.last == "stanza message from romeo@montague.example")
        duet.tellCaller(.element(try Element.parse(PeerWire.message)))
        #expect(duet.caller.said.last == "stanza message from juliet@capulet.example")
    }

    @Test func `find out who only says that he is a Montague`() throws {
        var mallory = S2SHouse.montagues
        mallory.secret = "guessed"
        let duet = S2SDuet(mallory, caller: .stranger)
        duet.play()
        try verify(duet)
        #expect(duet.caller.hasSaid("refused") && duet.caller.said.last == "close")
        #expect(!duet.callee.hasSaid("authorized"))
        #expect(duet.caller.machine.isClosed)
    }

    @Test func `pass on that the authority is nobody's`() throws {
        let duet = S2SDuet(caller: .stranger)
        duet.play()
        var nobody = S2SHouse.montagues
        nobody.domains = [rooms]
        let question = try #require(duet.callee.questions.first)
        let back = S2SDuet(.capulets, to: nobody, question.pair.reversed)
        back.tellCaller(.ask(question))
        back.play(wants: [])
        #expect(back.caller.hasSaid("fail it ended the stream: host-unknown"))
        let outcome = try #require(back.caller.answers.first).1
        #expect(outcome == .failed(.remoteServerNotFound))
        duet.tellCallee(.verified(question, outcome))
        #expect(
            duet.caller.said.last
                == "refused \(montagueToCapulet): it could not verify our dialback key: remote-server-not-found"
        )
        #expect(!duet.caller.machine.isClosed && !duet.callee.machine.isClosed)
    }

    @Test func `go on in plain where neither minds`() throws {
        var (one, two) = (S2SHouse.montagues, S2SHouse.capulets)
        (one.trust.tls, two.trust.tls, two.hasTLS) = (.optional, .optional, false)
        let duet = S2SDuet(one, to: two)
        duet.play()
        #expect(duet.log == ["> header", "< header", "< features", "> bidi", "> result"])
        one.hasTLS = false
        try verify(duet, from: two, at: one)
        #expect(duet.caller.hasSaid("\(authorized) dialback"))
        #expect(!duet.caller.machine.isEncrypted)
    }

    @Test func `take TLS where neither minds and both can`() {
        var (one, two) = (S2SHouse.montagues, S2SHouse.capulets)
        (one.trust.tls, two.trust.tls) = (.optional, .optional)
        let duet = S2SDuet(one, to: two)
        duet.play()
        #expect(duet.caller.machine.isEncrypted && duet.caller.hasSaid(authorized))
    }

    // MARK: Directions, and more pairs

    @Test(arguments: [(true, false), (false, true), (false, false)])
    func `keep to one direction unless both want two`(caller: Bool, callee: Bool) throws {
        var (one, two) = (S2SHouse.montagues, S2SHouse.capulets)
        (one.offersBidi, two.offersBidi) = (caller, callee)
        let duet = S2SDuet(one, to: two)
        duet.play()
        #expect(!duet.log.contains("> bidi") && !duet.callee.hasSaid("reversible"))
        duet.tellCaller(.element(try Element.parse(PeerWire.message)))
        #expect(duet.caller.said.last == "close not-authorized" && duet.callee.machine.isClosed)
    }

    @Test(arguments: [(true, false), (false, true)])
    func `acknowledge where both want it`(caller: Bool, callee: Bool) {
        var (one, two) = (S2SHouse.montagues, S2SHouse.capulets)
        (one.isManaged, two.isManaged) = (caller, callee)
        let duet = S2SDuet(one, to: two)
        duet.play()
        #expect(!duet.log.contains("> enable") && duet.caller.hasSaid(authorized))
    }

    @Test func `carry several pairs on one stream`() throws {
        let duet = S2SDuet()
        let pairs = [montague, rooms].flatMap { sender in
            [capulet, garden].map { DomainPair(sender: sender, target: $0) }
        }
        duet.play(wants: pairs)
        #expect(duet.log.filter { $0 == "> result" }.count == 3)
        // The certificate is montague.example's: it says nothing of the rooms.
        #expect(duet.callee.questions.map(\.pair.sender) == [rooms, rooms])
        try verify(duet)
        try verify(duet)
        #expect(duet.caller.machine.pairs.count == 4)
        #expect(Set(duet.callee.machine.pairs.keys) == Set(pairs))
        duet.tellCallee(
            .element(
                try Element.parse(
                    "<message from='a@conference.montague.example' to='b@garden.capulet.example'/>"
                )
            )
        )
        #expect(duet.callee.said.last == "stanza message from a@conference.montague.example")
    }

    @Test func `keep the stream when one of several pairs is refused`() throws {
        let verona = DomainPair(sender: montague, target: JID(prepared: nil, "verona.example"))
        let duet = S2SDuet()
        duet.play(wants: [montagueToCapulet, verona])
        #expect(
            duet.caller.said.last
                == "refused \(verona): it could not verify our dialback key: item-not-found"
        )
        #expect(duet.caller.machine.pairs.count == 1 && !duet.callee.machine.isClosed)
    }

    @Test func `carry no more pairs than one of them wants`() {
        var two = S2SHouse.capulets
        two.limits.pairsPerStream = 1
        let duet = S2SDuet(to: two)
        let more = DomainPair(sender: montague, target: garden)
        duet.play(wants: [montagueToCapulet, more])
        #expect(
            duet.caller.said.last
                == "refused \(more): it could not verify our dialback key: resource-constraint"
        )
    }

    @Test func `end a stream that carries somebody else's stanzas`() throws {
        let duet = S2SDuet(caller: .stranger)
        duet.play()
        try verify(duet)
        let foreign = message.replacing("romeo@montague", with: "romeo@conference.montague")
        duet.tellCallee(.element(try Element.parse(foreign)))
        #expect(duet.callee.said.last == "close invalid-from")
        #expect(duet.caller.said.suffix(2) == ["fail it ended the stream: invalid-from", "close"])
    }

    // MARK: Refusals

    @Test func `end at the header what settings do not allow`() {
        var two = S2SHouse.capulets
        two.trust.isAdmitted = false
        let duet = S2SDuet(to: two)
        duet.play()
        #expect(duet.log == ["> header", "< header", "< error"])
        #expect(duet.caller.said == ["fail it ended the stream: policy-violation", "close"])
    }

    @Test func `say that a domain is not theirs`() {
        let duet = S2SDuet(to: .montagues, montagueToCapulet)
        duet.play()
        #expect(duet.caller.said == ["fail it ended the stream: host-unknown", "close"])
    }

    @Test func `tell each other that TLS is missing`() {
        var two = S2SHouse.capulets
        (two.hasTLS, two.trust.tls) = (false, .optional)
        let duet = S2SDuet(to: two)
        duet.play()
        #expect(duet.caller.said == ["fail it offers no TLS", "close policy-violation"])
        #expect(duet.callee.said == ["fail it ended the stream: policy-violation", "close"])
    }

    @Test func `do not fall for features from which TLS was taken`() throws {
        let duet = S2SDuet()
        let bare = try Element.parse(PeerWire.features(PeerWire.dialback))
        duet.tamper = { $0.name == "features" ? bare : $0 }
        duet.play()
        #expect(duet.caller.said == ["fail it offers no TLS", "close policy-violation"])
    }

    @Test func `ask for a certificate where nothing less will do`() {
        var two = S2SHouse.capulets
        two.trust.proof = .certificate
        var duet = S2SDuet(to: two, caller: .stranger)
        duet.play()
        #expect(
            duet.caller.said.last
                == "refused \(montagueToCapulet): it could not verify our dialback key: not-authorized"
        )
        #expect(duet.callee.said.isEmpty && duet.callee.questions.isEmpty)

        var one = S2SHouse.montagues
        one.trust.proof = .certificate
        duet = S2SDuet(one, callee: .certified("mallory.example"))
        duet.play()
        #expect(duet.caller.said.count == 2 && duet.caller.hasSaid("fail its certificate is for"))
        #expect(!duet.callee.hasSaid("authorized"))
    }

    @Test func `go on by dialback where EXTERNAL was offered and refused`() throws {
        let duet = S2SDuet(caller: .stranger)
        let offers = try Element.parse(
            PeerWire.features(PeerWire.external, PeerWire.dialback, PeerWire.bidi)
        )
        duet.tamper = { element in
            element.name == "features" && element.child("starttls", in: Namespace.tls) == nil
                ? offers : element
        }
        duet.play()
        #expect(duet.log.suffix(4) == ["> bidi", "> auth", "< failure", "> result"])
        try verify(duet)
        #expect(duet.caller.hasSaid("\(authorized) dialback"))
    }

    @Test func `end together, whoever begins`() {
        var duet = S2SDuet()
        duet.play()
        duet.tellCaller(.closed)
        #expect(duet.callee.machine.isClosed)
        #expect(duet.caller.said.suffix(2) == ["fail it closed the stream", "close"])
        duet = S2SDuet()
        duet.play()
        duet.tellCallee(.closed)
        #expect(duet.callee.said.last == "close" && duet.caller.machine.isClosed)
    }
}
