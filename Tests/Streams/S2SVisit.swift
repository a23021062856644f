import MartletCore
import MartletCrypto
import MartletXML
import Synchronization

@testable import MartletStreams

/// A stream that another server opened to montague.example; the test is the peer, capulet.example.
struct S2SVisit {
    static let montague = JID(prepared: nil, "montague.example")
    static let rooms = JID(prepared: nil, "rooms.montague.example")
    static let capulet = JID(prepared: nil, "capulet.example")
    static let pair = DomainPair(sender: capulet, target: montague)
    /// The secret of XEP-0220's montague.example.
    static let secret = DialbackSecret(Array("d14lb4ck43v3r".utf8))

    var machine: S2SIncomingMachine

    /// `rooms` is what the other domain of ours asks of peers; nil when there is none.
    init(
        _ host: S2SHost = S2SVisit.host(),
        rooms: PeerTrust? = PeerTrust(),
        limits: S2SPairLimits = S2SPairLimits()
    ) {
        let count = Counter()
        machine = S2SIncomingMachine(
            secret: Self.secret,
            limits: limits,
            makeID: { "s\(count.next())" }
        ) { name in
            switch name {
            case host.domain.domainpart: host
            case Self.rooms.domainpart: rooms.map { trust in Self.host(Self.rooms, trust) }
            default: nil
            }
        }
    }

    static func host(_ domain: JID = montague, _ trust: PeerTrust = PeerTrust()) -> S2SHost {
        S2SHost(domain: domain) { _ in trust }
    }

    /// Reads an element written as XML; the actions in words.
    mutating func read(_ xml: String) throws -> [String] { told(.element(try Element.parse(xml))) }

    mutating func told(_ event: S2SEvent) -> [String] { machine.receive(event).map(\.gist) }

    /// A visit whose stream is open, over TLS unless there is no identity.
    static func open(
        _ identity: PeerIdentity? = visitor,
        trust: PeerTrust = PeerTrust(),
        rooms: PeerTrust? = PeerTrust(),
        limits: S2SPairLimits = S2SPairLimits(),
        from: String? = "capulet.example"
    ) -> S2SVisit {
        var visit = S2SVisit(host(montague, trust), rooms: rooms, limits: limits)
        if let identity { _ = visit.told(.secured(identity)) }
        _ = visit.told(.opened(.server(from: from)))
        return visit
    }

    /// A visit that was authorised by its certificate, and opened its stream anew.
    static func proved(
        trust: PeerTrust = PeerTrust(),
        rooms: PeerTrust? = PeerTrust(),
        limits: S2SPairLimits = S2SPairLimits()
    ) throws -> S2SVisit {
        var visit = open(trust: trust, rooms: rooms, limits: limits)
        _ = try visit.read(VisitWire.auth)
        _ = visit.told(.opened(.server()))
        return visit
    }

    /// A visit that was authorised by dialback, over TLS.
    static func dialled(limits: S2SPairLimits = S2SPairLimits()) throws -> S2SVisit {
        var visit = open(stranger, limits: limits)
        try visit.dial(capulet)
        return visit
    }

    /// Has the authority of a domain say what it thinks of the key that was sent for it.
    mutating func dial(
        _ sender: JID,
        to target: JID = montague,
        outcome: DialbackOutcome = .valid
    ) throws {
        _ = try read(VisitWire.claim(from: sender.description, to: target.description))
        let question = DialbackQuestion(
            pair: DomainPair(sender: sender, target: target),
            streamID: machine.streamID,
            key: "key"
        )
        _ = told(.verified(question, outcome))
    }

    /// When all handshakes of these tests were.
    static let handshake: Int64 = 1_900_000_000
    /// With a certificate for capulet.example that a trusted authority signed.
    static let visitor = identity("capulet.example", .trusted)
    /// With one of its own making.
    static let stranger = identity("capulet.example", .untrusted("self-signed certificate"))
    /// With a good one for somebody else.
    static let tybalt = identity("tybalt.example", .trusted)

    static func identity(_ domain: String, _ chain: PeerIdentity.Chain) -> PeerIdentity {
        let made = try? SelfSignedCertificate(asciiDomain: domain, atUnixTime: handshake)
        let certificate = made.flatMap { try? Certificate(pem: $0.certificatePEM) }
        return PeerIdentity(certificate: certificate, chain: chain, unixTime: handshake)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            count.withLock {
                $0 += 1
                return $0
            }
        }
    }
}

extension PeerTrust {
    /// The default with some things changed.
    static func with(_ change: (inout PeerTrust) -> Void) -> PeerTrust {
        var trust = PeerTrust()
        change(&trust)
        return trust
    }

    static let plain = with { $0.tls = .optional }
    static let strict = with { $0.proof = .certificate }
    static let blocked = with { $0.isAdmitted = false }
}

extension StreamHeader {
    /// What another server sends to open a stream.
    static func server(
        to: String? = "montague.example",
        from: String? = "capulet.example",
        version: String? = "1.0",
        name: String = "stream",
        namespace: String = Namespace.streams,
        content: String? = Namespace.server
    ) -> StreamHeader {
        .client(
            to: to,
            from: from,
            version: version,
            name: name,
            namespace: namespace,
            content: content
        )
    }
}

/// What a server sends on a stream that it opened.
enum VisitWire {
    /// With `capulet.example`.
    static let auth =
        "<auth xmlns='\(Namespace.sasl)' mechanism='EXTERNAL'>Y2FwdWxldC5leGFtcGxl</auth>"
    static let bareAuth = "<auth xmlns='\(Namespace.sasl)' mechanism='EXTERNAL'/>"
    static let response = "<response xmlns='\(Namespace.sasl)'>Y2FwdWxldC5leGFtcGxl</response>"
    static let bidi = "<bidi xmlns='\(Namespace.bidi)'/>"
    static let message = stanza()
    static let answer =
        "<result xmlns='\(Namespace.dialback)' from='capulet.example' to='montague.example' type='valid'/>"

    static func claim(
        from: String = "capulet.example",
        to: String = "montague.example",
        key: String = "key"
    ) -> String {
        "<db:result xmlns:db='\(Namespace.dialback)' from='\(from)' to='\(to)'>\(key)</db:result>"
    }

    static func verify(
        from: String = "capulet.example",
        to: String = "montague.example",
        id: String = "417GAF25",
        key: String = "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d"
    ) -> String {
        "<db:verify xmlns:db='\(Namespace.dialback)' from='\(from)' to='\(to)' id='\(id)'>"
            + "\n    \(key)\n  </db:verify>"
    }

    static func stanza(
        _ kind: String = "message",
        from: String? = "juliet@capulet.example/balcony",
        to: String? = "romeo@montague.example",
        _ more: String = ""
    ) -> String {
        let from = from.map { " from='\($0)'" } ?? ""
        let to = to.map { " to='\($0)'" } ?? ""
        return "<\(kind)\(from)\(to)\(more)><body>O</body></\(kind)>"
    }
}

extension S2SAction {
    /// The action in a few words, for tests to compare.
    var gist: String {
        switch self {
        case .write(let bytes): Self.gist(of: bytes)
        case .send(let element):
            ([element.name] + element.children.map(\.name).prefix(4)).joined(separator: " ")
        case .startTLS: "start TLS"
        case .restart: "restart"
        case .featured: "featured"
        case .verify(let question): "ask \(question.pair) \(question.streamID) \(question.key)"
        case .answered(let question, _): "answered \(question.pair)"
        case .authorized(let pair, let proof): "authorized \(pair) by \(proof.rawValue)"
        case .refused(let pair, _): "refused \(pair)"
        case .reversible(let pair): "reversible \(pair)"
        case .stanza(let stanza): "stanza \(stanza.kind.name)"
        case .answer(let stanza):
            "answer \(stanza.kind.name) \(stanza.error?.condition.rawValue ?? "")"
        case .manage(let element): "manage \(element.name)"
        case .close(let error): "close \(error?.condition.rawValue ?? "")"
        case .fail: "fail"
        }
    }

    /// A header, or a dialback element as somebody who reads it takes it.
    private static func gist(of bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("<db:") else { return "header" }
        let start = text.prefix { $0 != " " }
        let declared = "\(start) xmlns:db='\(Namespace.dialback)'\(text.dropFirst(start.count))"
        guard let element = try? Element.parse(declared), let read = try? DialbackElement(element)
        else { return "unreadable" }
        let words: String =
            switch read.answer {
            case nil: read.key
            case .valid: "valid"
            case .invalid: "invalid"
            case .error(let fault): fault.rawValue
            }
        return "\(read.kind.rawValue) \(read.from) \(read.to) \(words)"
    }
}
