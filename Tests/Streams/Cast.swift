import MartletCore
import MartletSASL

@testable import MartletStreams
@testable import MartletXML

let romeo = JID(prepared: "romeo", "montague.example")
let balcony = JID(prepared: "romeo", "montague.example", "balcony")
let standIn = ScramDecoy(secret: Array("sixteen bytes and more".utf8), iterations: 4_096)
let exporter = ChannelBinding(.tlsExporter, Array(repeating: 7, count: 32))

extension StreamHost {
    /// A domain of the tests, with every mechanism unless told otherwise.
    static func house(
        _ name: String = "montague.example",
        mechanisms: [SASLMechanismName] = SASLMechanismName.known,
        requiresTLS: Bool = true
    ) -> StreamHost {
        StreamHost(
            domain: JID(prepared: nil, name),
            mechanisms: mechanisms,
            decoy: standIn,
            allowsPlainWithoutTLS: !requiresTLS,
            requiresTLS: requiresTLS
        )
    }
}

extension StreamSecurity {
    /// TLS as it stands in these tests.
    static let tls: StreamSecurity = {
        var security = StreamSecurity()
        security.isEncrypted = true
        security.channelBindings = [exporter]
        return security
    }()

    /// The same with a certificate that says it is Romeo's.
    static let certified: StreamSecurity = {
        var security = tls
        security.certifiedAddresses = [romeo]
        return security
    }()
}

extension StreamHeader {
    /// What a client sends to open a stream.
    static func client(
        to: String? = "montague.example",
        from: String? = nil,
        version: String? = "1.0",
        name: String = "stream",
        namespace: String = Namespace.streams,
        content: String? = Namespace.client,
        language: String? = nil
    ) -> StreamHeader {
        StreamHeader(
            name: name,
            prefix: "stream",
            namespace: namespace,
            contentNamespace: content,
            to: to,
            from: from,
            id: nil,
            version: version,
            language: language,
            prefixes: ["stream": namespace]
        )
    }
}

extension C2SMachine {
    init(_ house: StreamHost = .house()) {
        self.init(features: .c2s, makeID: { "id" }) { name in
            name == house.domain.domainpart ? house : nil
        }
    }

    /// Reads an element written as XML; the actions in words.
    mutating func read(_ xml: String) throws -> [String] {
        receive(.element(try Element.parse(xml))).map(\.words)
    }

    mutating func told(_ event: Event) -> [String] { receive(event).map(\.words) }
}

extension C2SMachine.Action {
    /// The action in a few words, for tests to compare.
    var words: String {
        switch self {
        case .write(let bytes): String(decoding: bytes, as: UTF8.self)
        case .send(let element): element.description
        case .startTLS: "start TLS"
        case .restart: "restart"
        case .lookUp(let account, let mechanism): "look up \(account) for \(mechanism)"
        case .verify(let account, let password): "verify \(password) of \(account)"
        case .authenticated(let account): "authenticated \(account)"
        case .failed(let account): "failed \(account?.description ?? "nobody")"
        case .bind(let account, let resource): "bind \(resource ?? "any") of \(account)"
        case .consult(let element): "consult \(element.name)"
        case .manage(let element): "manage \(element.name)"
        case .stanza(let element): "stanza \(element.name)"
        case .close(let error): "close \(error?.condition.rawValue ?? "")"
        }
    }

    /// The same, but for what is sent: its first child's name, or its own.
    var summary: String {
        switch self {
        case .write: "header"
        case .send(let element):
            element.name == "iq" || element.name == "failure"
                ? "\(element.name) \(element.children.map(\.name).joined(separator: " "))"
                : element.name
        default: words
        }
    }
}
