import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Servers' machines with somebody between them who knows the protocol and keeps to none of it: what one
/// side sends comes late, not at all or twice, and other things with it; all of it from a seed.
///
/// What an end lets pass as a stanza is held against what this knows of proofs, not against what the
/// machine has noted.
final class S2SChaos {
    /// One end of a stream.
    final class End {
        let isCaller: Bool
        let house: S2SHouse
        let identity: PeerIdentity
        var machine: S2SMachine
        var inbox: [S2SEvent] = []
        /// What is asked for it of authorities.
        var open: [DialbackQuestion] = []
        /// What an authority called valid, for the stream as it is now.
        var verified: Set<DomainPair> = []
        var saidProved: Set<DomainPair> = []
        var asked = 0
        var answered = 0
        var isOver = false
        /// Whether whoever is between them disturbs all the time.
        var isWild = false
        fileprivate var header: [UInt8] = []

        init(
            _ machine: S2SMachine,
            of house: S2SHouse,
            seeing identity: PeerIdentity,
            isCaller: Bool
        ) {
            (self.machine, self.house, self.identity) = (machine, house, identity)
            self.isCaller = isCaller
        }
    }

    private static let papers = [
        PeerIdentity.certified("montague.example"), .certified("capulet.example"),
        .certified("rooms.montague.example"), .stranger, .unknown,
    ]

    private var chance: S2SChance
    private(set) var ends: [(caller: End, callee: End)] = []
    private(set) var stanzas = 0
    private(set) var authorizations = 0
    /// What should never have happened.
    private(set) var faults: [String] = []

    init(seed: UInt64) {
        chance = S2SChance(state: seed)
    }

    private func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &chance) }
    private func pick<T>(_ list: [T]) -> T { list[roll(list.count)] }

    // MARK: What happens

    func step() {
        if ends.isEmpty || roll(40) == 0 { begin() }
        let (caller, callee) = ends[ends.count - 1 - roll(min(ends.count, 3))]
        let (end, other) = roll(2) == 0 ? (caller, callee) : (callee, caller)
        var what = roll(30)
        // On most streams little goes wrong, so that they come as far as stanzas.
        if !caller.isWild, what < 4 || 8...12 ~= what, roll(100) > 0 { what = 29 }
        switch what {
        case 0: if roll(6) == 0 { close(end, telling: other) }
        case 1, 2: tell(end, .element(hostile()), other)
        case 3: end.inbox.append(.element(hostile()))
        case 4: if caller === end { tell(end, .wants(pick(pairs(of: end.house))), other) }
        case 5: if caller === end { ask(end, other) }
        case 6, 7: answer(end, other)
        case 8: if let event = end.inbox.randomElement(using: &chance) { end.inbox.append(event) }
        case 9: if roll(8) == 0, !end.inbox.isEmpty { end.inbox.removeFirst() }
        case 10: if roll(8) == 0 { tell(end, .opened(header(for: end)), other) }
        case 11: if roll(12) == 0 { tell(end, .closed, other) }
        case 12: if roll(12) == 0 { tell(end, .secured(end.identity), other) }
        case 13: speak(end, other)
        default: if !end.inbox.isEmpty { tell(end, end.inbox.removeFirst(), other) }
        }
    }

    /// All streams come to their end.
    func end() {
        for (caller, callee) in ends {
            for (end, other) in [(caller, callee), (callee, caller)] {
                end.inbox = []
                close(end, telling: other)
                if end.asked != end.answered {
                    faults.append("\(end.asked) questions, \(end.answered) answers")
                }
            }
        }
    }

    private func begin() {
        var (own, other) =
            roll(2) == 0
            ? (S2SHouse.montagues, S2SHouse.capulets) : (.capulets, .montagues)
        own.trust = .terms(
            roll(4) == 0 ? .optional : .required,
            roll(4) == 0 ? .certificate : .dialback
        )
        other.trust = .terms(
            roll(4) == 0 ? .optional : .required,
            roll(4) == 0 ? .certificate : .dialback
        )
        (own.offersBidi, other.isManaged, other.hasTLS) = (roll(4) > 0, roll(2) == 0, roll(4) > 0)
        let pair = pick(pairs(of: own))
        let caller = End(own.calls(pair), of: own, seeing: pick(Self.papers), isCaller: true)
        let callee = End(other.answers(), of: other, seeing: pick(Self.papers), isCaller: false)
        caller.isWild = roll(4) == 0
        ends.append((caller, callee))
        if roll(4) == 0 {
            tell(caller, .secured(caller.identity), callee)
            callee.inbox.insert(.secured(callee.identity), at: 0)
        } else {
            tell(caller, .connected, callee)
        }
        if roll(6) > 0 { tell(caller, .wants(pair), callee) }
    }

    private func pairs(of house: S2SHouse) -> [DomainPair] {
        let others =
            house.domains.contains(montague)
            ? S2SHouse.capulets.domains : S2SHouse.montagues.domains
        return house.domains.flatMap { own in
            others.map { DomainPair(sender: own, target: $0) }
        }
    }

    private func ask(_ end: End, _ other: End) {
        end.asked += 1
        let pair = pick(pairs(of: end.house)).reversed
        let question = DialbackQuestion(pair: pair, streamID: "s\(roll(4))", key: "k\(end.asked)")
        tell(end, .ask(question), other)
    }

    /// An authority has spoken at last: what is true, or that it cannot be had.
    private func answer(_ end: End, _ other: End) {
        guard !end.open.isEmpty else { return }
        let question = end.open.remove(at: roll(end.open.count))
        let outcome: DialbackOutcome = [.valid, .valid, .invalid, .failed(.remoteServerTimeout)][
            roll(4)
        ]
        if outcome == .valid, question.streamID == end.machine.streamID {
            end.verified.insert(question.pair)
        }
        tell(end, .verified(question, outcome), other)
    }

    private func close(_ end: End, telling other: End) {
        let error: StreamError? = roll(2) == 0 ? nil : StreamError(.policyViolation)
        carryOut(end.machine.close(error), by: end, other)
    }

    /// A stanza of a pair that its sender was told to be authorised for.
    private func speak(_ end: End, _ other: End) {
        guard let pair = end.saidProved.randomElement(using: &chance), !end.machine.isClosed else {
            return
        }
        other.inbox.append(.element(Self.message(from: pair.sender, to: pair.target)))
    }

    private static func message(from: JID, to: JID) -> Element {
        Element("message", in: Namespace.client, ["from": "x@\(from)", "to": "y@\(to)"])
    }

    // MARK: What comes of it

    private func tell(_ end: End, _ event: S2SEvent, _ other: End) {
        let wasClosed = end.machine.isClosed
        let wasHearing = end.machine.isHearingOut
        let actions = end.machine.receive(event)
        if case .secured = event, !wasClosed, !end.isCaller { end.verified = [] }
        carryOut(actions, by: end, other)
        guard wasClosed else { return }
        for action in actions {
            switch action {
            case .refused, .answered: break
            case .stanza, .answer, .authorized:
                if !wasHearing { faults.append("\(action.spoken) after the end") }
            default: faults.append("\(action.spoken) after the end")
            }
        }
    }

    private func carryOut(_ actions: [S2SAction], by end: End, _ other: End) {
        for action in actions {
            switch action {
            case .write(let bytes): write(bytes, of: end, to: other)
            case .send(let element): other.inbox.append(.element(element))
            case .startTLS: end.inbox.insert(.secured(end.identity), at: 0)
            case .verify(let question): end.open.append(question)
            case .answered: end.answered += 1
            case .authorized(let pair, _):
                authorizations += 1
                if end.isCaller { end.saidProved.insert(pair) } else { judge(pair, at: end) }
            case .reversible(let pair):
                judge(pair.reversed, at: end)
                end.saidProved.insert(pair)
            case .stanza(let stanza): judge(stanza, at: end)
            case .answer(let stanza): if stanza.type != .error { faults.append("answers no error") }
            case .close(let error):
                if end.isOver { faults.append("closes twice") }
                end.isOver = true
                if let error { other.inbox.append(.element(error.element)) }
                other.inbox.append(.closed)
            case .featured, .refused, .manage, .restart, .fail: break
            }
        }
    }

    private func judge(_ stanza: Stanza, at end: End) {
        stanzas += 1
        guard let from = stanza.from, let to = stanza.to else {
            faults.append("a stanza without addresses")
            return
        }
        judge(DomainPair(sender: from, target: to), at: end)
    }

    /// Whether the peer has proved that it may say something of this pair, as far as this knows.
    private func judge(_ pair: DomainPair, at end: End) {
        let trust = end.house.trust
        guard end.house.domains.contains(pair.target), !end.house.domains.contains(pair.sender)
        else {
            faults.append("\(pair) is not for it")
            return
        }
        if trust.tls == .required, !end.machine.isEncrypted {
            faults.append("\(pair) in the clear")
        }
        if end.machine.isEncrypted, end.identity.proves(pair.sender) { return }
        if trust.proof == .certificate {
            faults.append("\(pair) without a certificate")
        }
        if end.verified.contains(pair) { return }
        // Whom we called is whom we found by the DNS, as an authority would have been.
        if end.isCaller, case .outgoing(let machine) = end.machine,
            machine.pair.target == pair.sender, end.saidProved.contains(pair.reversed)
        {
            return
        }
        faults.append("\(pair) was not proved to \(end.isCaller ? "the caller" : "the callee")")
    }

    private func write(_ bytes: [UInt8], of end: End, to other: End) {
        var parser = StreamParser(pool: ParserPool())
        var events: [StreamEvent] = []
        if bytes.starts(with: "<?xml".utf8) {
            end.header = bytes
        } else {
            _ = end.header.withUnsafeBytes { parser.read($0, into: &events) }
            events = []
        }
        _ = bytes.withUnsafeBytes { parser.read($0, into: &events) }
        for event in events {
            switch event.kind {
            case .opened(let header): other.inbox.append(.opened(header))
            case .element(let element): other.inbox.append(.element(element))
            case .closed: other.inbox.append(.closed)
            }
        }
    }

    // MARK: Hostile things

    private func header(for end: End) -> StreamHeader {
        let domains = (S2SHouse.montagues.domains + S2SHouse.capulets.domains).map(\.description)
        let texts = domains + ["tybalt.example", "", "a@b", "\u{0}"]
        return StreamHeader.server(
            to: roll(5) == 0 ? nil : pick(texts),
            from: roll(5) == 0 ? nil : pick(texts),
            version: pick(["1.0", "0.9", "", nil, "99999999999999999999.0"])
        )
    }

    private func hostile() -> Element {
        let domains = ["montague.example", "rooms.montague.example", "capulet.example"]
        let names = domains + ["garden.capulet.example", "tybalt.example", "", "a@b", "]["]
        let (from, to) = (pick(names), pick(names))
        let content = Namespace.client
        switch roll(14) {
        case 0, 1, 2:
            let name = pick(["message", "presence", "iq", "iq", "nothing"])
            let type = pick(["get", "result", "error", "bogus", "subscribe", nil])
            let sender = roll(6) == 0 ? nil : "x@\(from)"
            let target = roll(6) == 0 ? nil : "y@\(to)"
            return Element(name, in: content, ["from": sender, "to": target, "type": type])
        case 3, 4, 5:
            let kind = pick(["result", "verify", "nothing"])
            let type = pick([nil, nil, "valid", "invalid", "error", "bogus"])
            let id = pick([nil, "s1", "s2", ""])
            let key = pick(["", "k1", String(repeating: "k", count: 2_000)])
            return Element(
                kind,
                in: Namespace.dialback,
                ["from": from, "to": to, "type": type, "id": id]
            ) {
                $0.text(key)
            }
        case 6: return Element(pick(["success", "failure", "challenge"]), in: Namespace.sasl)
        case 7:
            let data = pick(["", "=", "!", "Y2FwdWxldC5leGFtcGxl", "bW9udGFndWUuZXhhbXBsZQ=="])
            let name = pick(["auth", "response", "abort"])
            let mechanism = pick(["EXTERNAL", "EXTERNAL", "PLAIN", ""])
            return Element(name, in: Namespace.sasl, ["mechanism": mechanism]) { $0.text(data) }
        case 8: return Element(pick(["starttls", "proceed", "failure"]), in: Namespace.tls)
        case 9: return Element(pick(["bidi", "both"]), in: Namespace.bidi)
        case 10:
            let name = pick(["enable", "enabled", "failed", "r", "a", "resume"])
            return Element(name, in: Namespace.streamManagement, ["h": pick(["0", "1", "x"])])
        case 11: return roll(8) == 0 ? StreamError(.hostGone).element : Element("x", in: "urn:x")
        case 12:
            return Element("features", in: Namespace.streams) { features in
                features.element("bidi", in: Namespace.bidiFeature)
                features.element("dialback", in: Namespace.dialbackFeature)
            }
        default: return Element("x", in: "")
        }
    }
}

/// Chance that a seed repeats.
struct S2SChance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

struct S2SChaosTests {
    @Test(arguments: 0..<150)
    func `nothing is taken that was not proved, whatever comes in whatever order`(seed: UInt64) {
        let chaos = S2SChaos(seed: seed)
        for _ in 0..<3_000 { chaos.step() }
        chaos.end()
        #expect(chaos.faults.isEmpty, "\(chaos.faults.prefix(3))")
    }

    @Test func `much comes through all the same`() {
        var (stanzas, authorizations) = (0, 0)
        for seed in UInt64(0)..<20 {
            let chaos = S2SChaos(seed: seed)
            for _ in 0..<3_000 { chaos.step() }
            stanzas += chaos.stanzas
            authorizations += chaos.authorizations
        }
        // Otherwise the other test says nothing.
        #expect(stanzas > 20 && authorizations > 100, "\(stanzas) \(authorizations)")
    }
}
