import MartletCore
import MartletCrypto

@testable import MartletStreams
@testable import MartletXML

let montague = JID(prepared: nil, "montague.example")
let capulet = JID(prepared: nil, "capulet.example")
let rooms = JID(prepared: nil, "conference.montague.example")
let garden = JID(prepared: nil, "garden.capulet.example")
let montagueToCapulet = DomainPair(sender: montague, target: capulet)

/// The id that the peer gives every stream of these tests.
let peerStreamID = "D60000229F"

/// One of our servers that opens a stream from montague.example to capulet.example; the test is the
/// peer.
struct S2SCaller {
    var machine: S2SOutgoingMachine

    init(
        trust: PeerTrust = PeerTrust(),
        hasCertificate: Bool = true,
        options: S2SOutgoingMachine.Options = .init(),
        limits: S2SPairLimits = .init(),
        otherTrust: PeerTrust = PeerTrust()
    ) {
        machine = S2SOutgoingMachine(
            pair: montagueToCapulet,
            trust: trust,
            hasCertificate: hasCertificate,
            secret: DialbackSecret(Array("s3cr3tf0rd14lb4ck".utf8)),
            options: options,
            limits: limits
        ) { name in
            switch name {
            case "montague.example":
                S2SHost(domain: montague) { $0 == capulet ? trust : otherTrust }
            case "conference.montague.example": S2SHost(domain: rooms) { _ in otherTrust }
            default: nil
            }
        }
    }

    mutating func told(_ event: S2SEvent) -> [String] { machine.receive(event).map(\.spoken) }

    /// What it makes of an element that the peer sends.
    mutating func read(_ xml: String) throws -> [String] {
        told(.element(try Element.parse(xml)))
    }

    mutating func wants(_ sender: JID, _ target: JID) -> [String] {
        told(.wants(DomainPair(sender: sender, target: target)))
    }

    /// A caller whose stream has come to where the peer sends its features.
    static func opened(
        trust: PeerTrust = PeerTrust(),
        identity: PeerIdentity? = .stranger,
        hasCertificate: Bool = true,
        options: S2SOutgoingMachine.Options = .init(),
        limits: S2SPairLimits = .init(),
        otherTrust: PeerTrust = PeerTrust()
    ) -> S2SCaller {
        var caller = S2SCaller(
            trust: trust,
            hasCertificate: hasCertificate,
            options: options,
            limits: limits,
            otherTrust: otherTrust
        )
        _ = caller.told(identity.map { .secured($0) } ?? .connected)
        _ = caller.told(.opened(.peer()))
        return caller
    }
}

extension PeerIdentity {
    /// The moment of all handshakes in these tests.
    static let handshakeTime: Int64 = 1_900_000_000

    /// Who shows a certificate for a domain that a trusted authority signed.
    static func certified(_ domain: String = "capulet.example") -> PeerIdentity {
        made(domain, .trusted)
    }

    /// Who made its certificate itself.
    static let stranger = made("capulet.example", .untrusted("self-signed certificate"))

    private static func made(_ domain: String, _ chain: Chain) -> PeerIdentity {
        let made = try? SelfSignedCertificate(asciiDomain: domain, atUnixTime: handshakeTime)
        return PeerIdentity(
            certificate: made.flatMap { try? Certificate(pem: $0.certificatePEM) },
            chain: chain,
            unixTime: handshakeTime
        )
    }
}

extension PeerTrust {
    static func terms(
        _ tls: TLS = .required,
        _ proof: Proof = .dialback,
        isAdmitted: Bool = true
    ) -> PeerTrust {
        var trust = PeerTrust()
        (trust.tls, trust.proof, trust.isAdmitted) = (tls, proof, isAdmitted)
        return trust
    }
}

extension StreamHeader {
    /// What a server answers to open its side of a stream.
    static func peer(
        from: String? = "capulet.example",
        to: String? = "montague.example",
        id: String? = peerStreamID,
        version: String? = "1.0",
        name: String = "stream",
        namespace: String = Namespace.streams,
        content: String? = Namespace.server,
        declaresDialback: Bool = true
    ) -> StreamHeader {
        var prefixes = ["stream": namespace]
        if declaresDialback { prefixes["db"] = Namespace.dialback }
        return StreamHeader(
            name: name,
            prefix: "stream",
            namespace: namespace,
            contentNamespace: content,
            to: to,
            from: from,
            id: id,
            version: version,
            language: "en",
            prefixes: prefixes
        )
    }
}

/// What servers send to each other.
enum PeerWire {
    static let dialback = "<dialback xmlns='\(Namespace.dialbackFeature)'><errors/></dialback>"
    static let external =
        "<mechanisms xmlns='\(Namespace.sasl)'><mechanism>EXTERNAL</mechanism></mechanisms>"
    static let bidi = "<bidi xmlns='\(Namespace.bidiFeature)'/>"
    static let management = "<sm xmlns='\(Namespace.streamManagement)'/>"
    static let proceed = "<proceed xmlns='\(Namespace.tls)'/>"
    static let success = "<success xmlns='\(Namespace.sasl)'/>"
    static let failure = "<failure xmlns='\(Namespace.sasl)'><not-authorized/></failure>"
    static let enable = "<enable xmlns='\(Namespace.streamManagement)'/>"
    static let auth =
        "<auth xmlns='\(Namespace.sasl)' mechanism='EXTERNAL'>bW9udGFndWUuZXhhbXBsZQ==</auth>"
    static let message =
        "<message from='juliet@capulet.example' to='romeo@montague.example'><body>O</body></message>"

    static func features(_ offers: String...) -> String {
        "<features xmlns='\(Namespace.streams)'>\(offers.joined())</features>"
    }

    static func error(_ condition: String) -> String {
        "<error xmlns='\(Namespace.streams)'><\(condition) xmlns='\(Namespace.streamErrors)'/></error>"
    }

    /// A `db:result` or `db:verify`; the prefix is the namespace's own affair.
    static func dialback(
        _ kind: String,
        from: JID = capulet,
        to: JID = montague,
        id: String? = nil,
        type: String? = nil,
        _ content: String = ""
    ) -> String {
        let id = id.map { " id='\($0)'" } ?? ""
        let type = type.map { " type='\($0)'" } ?? ""
        return """
            <db:\(kind) xmlns:db='\(Namespace.dialback)' from='\(from)' to='\(to)'\(id)\(type)>\
            \(content)</db:\(kind)>
            """
    }

    /// What stands in an answer of type `error`.
    static func dialbackError(_ condition: String) -> String {
        "<error type='cancel'><\(condition) xmlns='\(Namespace.stanzaErrors)'/></error>"
    }
}

extension S2SAction {
    /// The action in a few words, for tests to compare.
    var spoken: String {
        switch self {
        case .write(let bytes): String(decoding: bytes, as: UTF8.self)
        case .send(let element): element.description
        case .startTLS: "start TLS"
        case .restart: "restart"
        case .featured: "featured"
        case .verify(let question): "verify \(question.spoken)"
        case .answered(let question, let outcome): "answered \(question.spoken): \(outcome.spoken)"
        case .authorized(let pair, let proof): "authorized \(pair) by \(proof.rawValue)"
        case .refused(let pair, let fault): "refused \(pair): \(fault)"
        case .reversible(let pair): "reversible \(pair)"
        case .stanza(let stanza):
            "stanza \(stanza.kind) from \(stanza.from?.description ?? "nobody")"
        case .answer(let stanza): "answer \(stanza.type.rawValue)"
        case .manage(let element): "manage \(element.name)"
        case .close(let error): "close" + (error.map { " " + $0.condition.rawValue } ?? "")
        case .fail(let fault): "fail \(fault)"
        }
    }
}

extension DialbackQuestion {
    var spoken: String { "\(pair) \(streamID) \(key)" }
}

extension DialbackOutcome {
    var spoken: String {
        switch self {
        case .valid: "valid"
        case .invalid: "invalid"
        case .failed(let fault): fault.rawValue
        }
    }
}
