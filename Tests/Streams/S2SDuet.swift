import MartletCore
import MartletXML
import Synchronization

@testable import MartletStreams

/// A server of these tests: its domains, its terms, its secret.
struct S2SHouse: Sendable {
    var domains: [JID]
    var trust = PeerTrust()
    var hasTLS = true
    var hasCertificate = true
    var offersBidi = true
    var isManaged = true
    var limits = S2SPairLimits()
    /// What dialback keys are made of; the same on all machines of the house.
    var secret: String

    static let montagues = S2SHouse(domains: [montague, rooms], secret: "d14lb4ck43v3r")
    static let capulets = S2SHouse(domains: [capulet, garden], secret: "s3cr3tf0rd14lb4ck")

    private static let streams = Atomic<Int>(0)

    private var hosts: @Sendable (String) -> S2SHost? {
        { [self] name in
            domains.first { $0.domainpart == name }.map { domain in
                S2SHost(
                    domain: domain,
                    hasTLS: hasTLS,
                    offersBidi: offersBidi,
                    offersStreamManagement: isManaged
                ) { _ in trust }
            }
        }
    }

    func calls(_ pair: DomainPair) -> S2SMachine {
        var options = S2SOutgoingMachine.Options()
        (options.isBidirectional, options.isManaged) = (offersBidi, isManaged)
        return .outgoing(
            S2SOutgoingMachine(
                pair: pair,
                trust: trust,
                hasCertificate: hasCertificate,
                secret: DialbackSecret(Array(secret.utf8)),
                options: options,
                limits: limits,
                hosts: hosts
            )
        )
    }

    func answers() -> S2SMachine {
        .incoming(
            S2SIncomingMachine(
                secret: DialbackSecret(Array(secret.utf8)),
                limits: limits,
                makeID: { "stream\(Self.streams.add(1, ordering: .relaxed).newValue)" },
                hosts: hosts
            )
        )
    }
}

/// Two servers' machines, back to back: what one sends, the other reads; what is written as bytes goes
/// through a parser.
final class S2SDuet {
    /// One end of the stream.
    struct End {
        var machine: S2SMachine
        /// Whom TLS shows it at the other end.
        var peer: PeerIdentity
        /// What it did but for what it sent, in words.
        var said: [String] = []
        /// Whom it wants asked.
        var questions: [DialbackQuestion] = []
        var answers: [(DialbackQuestion, DialbackOutcome)] = []
        fileprivate var inbox: [S2SEvent] = []
        /// Its last header: what follows is read with the prefixes that it declares.
        fileprivate var header: [UInt8] = []

        fileprivate init(_ machine: S2SMachine, _ peer: PeerIdentity) {
            (self.machine, self.peer) = (machine, peer)
        }

        func hasSaid(_ beginning: String) -> Bool { said.contains { $0.hasPrefix(beginning) } }
    }

    var caller: End
    var callee: End
    /// What went over the wire: `>` from the caller, `<` from the callee.
    private(set) var log: [String] = []
    /// What somebody in between makes of the callee's elements; nil swallows one.
    var tamper: (Element) -> Element? = { $0 }

    /// A stream on which nobody has spoken yet.
    ///
    /// The callee knows the caller by `caller`'s certificate, and the other way around.
    init(
        _ house: S2SHouse = .montagues,
        to other: S2SHouse = .capulets,
        _ pair: DomainPair = montagueToCapulet,
        caller: PeerIdentity = .certified("montague.example"),
        callee: PeerIdentity = .certified("capulet.example")
    ) {
        self.caller = End(house.calls(pair), callee)
        self.callee = End(other.answers(), caller)
    }

    /// Begins, and lets both talk until neither has anything to say.
    func play(wants pairs: [DomainPair] = [montagueToCapulet], isDirect: Bool = false) {
        caller.inbox += pairs.map(S2SEvent.wants)
        if isDirect {
            callee.inbox.append(.secured(callee.peer))
            caller.inbox.append(.secured(caller.peer))
        } else {
            caller.inbox.append(.connected)
        }
        goOn()
    }

    /// Tells one end something, and lets both talk.
    func tellCaller(_ event: S2SEvent) {
        caller.inbox.append(event)
        goOn()
    }

    func tellCallee(_ event: S2SEvent) {
        callee.inbox.append(event)
        goOn()
    }

    private func goOn() {
        while true {
            if !callee.inbox.isEmpty {
                let event = callee.inbox.removeFirst()
                let actions = callee.machine.receive(event)
                for action in actions { perform(action, by: &callee, for: &caller, mark: "<") }
            } else if !caller.inbox.isEmpty {
                let event = caller.inbox.removeFirst()
                let actions = caller.machine.receive(event)
                for action in actions { perform(action, by: &caller, for: &callee, mark: ">") }
            } else {
                return
            }
        }
    }

    private func perform(
        _ action: S2SAction,
        by end: inout End,
        for other: inout End,
        mark: String
    ) {
        switch action {
        case .write(let bytes):
            let kinds = read(bytes, behind: &end.header)
            for kind in kinds { deliver(kind, to: &other, mark) }
        case .send(let element):
            let sent = mark == "<" ? tamper(element) : element
            if let sent { deliver(.element(sent), to: &other, mark) }
        case .startTLS:
            end.inbox.append(.secured(end.peer))
        case .verify(let question): end.questions.append(question)
        case .answered(let question, let outcome): end.answers.append((question, outcome))
        case .close(let error):
            end.said.append(action.spoken)
            if let error { deliver(.element(error.element), to: &other, mark) }
            deliver(.closed, to: &other, mark)
        case .restart: break
        default: end.said.append(action.spoken)
        }
    }

    private func deliver(_ kind: StreamEvent.Kind, to end: inout End, _ mark: String) {
        switch kind {
        case .opened(let header):
            log.append("\(mark) header")
            end.inbox.append(.opened(header))
        case .element(let element):
            log.append("\(mark) \(element.name)")
            end.inbox.append(.element(element))
        case .closed: end.inbox.append(.closed)
        }
    }

    private func read(_ bytes: [UInt8], behind header: inout [UInt8]) -> [StreamEvent.Kind] {
        var parser = StreamParser(pool: ParserPool())
        var events: [StreamEvent] = []
        let isHeader = bytes.starts(with: "<?xml".utf8)
        if isHeader { header = bytes }
        _ = header.withUnsafeBytes { parser.read($0, into: &events) }
        if !isHeader {
            events = []
            _ = bytes.withUnsafeBytes { parser.read($0, into: &events) }
        }
        return events.map(\.kind)
    }
}
