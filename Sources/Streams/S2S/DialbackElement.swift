internal import MartletCore
internal import MartletXML

/// A `db:result` or `db:verify`, request or answer (XEP-0220 §2).
struct DialbackElement: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable { case result, verify }

    enum Answer: Hashable, Sendable {
        case valid, invalid
        case error(DialbackFault)
    }

    var kind: Kind
    var from: JID
    var to: JID
    /// Of the stream on which the key was sent; only `verify` has one.
    var id: String?
    /// Nil in a request.
    var answer: Answer?
    /// Without the white space around it; empty in an answer, whatever stands in it.
    var key: String

    init(
        _ kind: Kind,
        from: JID,
        to: JID,
        id: String? = nil,
        answer: Answer? = nil,
        key: String = ""
    ) {
        self.kind = kind
        self.from = from
        self.to = to
        self.id = id
        self.answer = answer
        self.key = key
    }

    /// What answers a request: the addresses swapped, the id kept (XEP-0220 §2.2).
    func answered(_ answer: Answer) -> DialbackElement {
        DialbackElement(kind, from: to, to: from, id: id, answer: answer)
    }
}

extension DialbackElement.Answer {
    init(_ outcome: DialbackOutcome) {
        switch outcome {
        case .valid: self = .valid
        case .invalid: self = .invalid
        case .failed(let fault): self = .error(fault)
        }
    }

    var outcome: DialbackOutcome {
        switch self {
        case .valid: .valid
        case .invalid: .invalid
        case .error(let fault): .failed(fault)
        }
    }
}

// MARK: - Reading

extension DialbackElement {
    /// Reads an element of the stream's; nil when it is not in the namespace.
    ///
    /// - Throws: `improper-addressing` where addresses or a `verify`'s id are missing or malformed.
    init?(_ element: Element) throws(StreamError) {
        guard element.isIn(Namespace.dialback) else { return nil }
        guard let kind = Kind(rawValue: element.name) else {
            throw StreamError(.unsupportedStanzaType)
        }
        let id = kind == .verify ? element.attribute("id") : nil
        guard let from = Self.domain(element.attribute("from")),
            let to = Self.domain(element.attribute("to")), kind == .result || id?.isEmpty == false
        else { throw StreamError(.improperAddressing) }
        let answer = try Self.answer(element)
        self.init(kind, from: from, to: to, id: id, answer: answer)
        if answer == nil {
            key = String(decoding: Self.trimmed(element.text), as: UTF8.self)
        }
    }

    private static func domain(_ text: String?) -> JID? {
        guard let text, let jid = try? JID(text), jid.isDomain else { return nil }
        return jid
    }

    private static func answer(_ element: Element) throws(StreamError) -> Answer? {
        switch element.attribute("type") {
        case nil: return nil
        case "valid": return .valid
        case "invalid": return .invalid
        case "error": return .error(fault(element))
        default: throw StreamError(.badFormat, "a dialback answer is valid, invalid or error")
        }
    }

    /// The condition in `<error/>`, in whatever namespace that stands (XEP-0220 §2.5).
    private static func fault(_ element: Element) -> DialbackFault {
        let conditions = element.children.lazy.filter { $0.name == "error" }.flatMap(\.children)
            .filter { $0.isIn(Namespace.stanzaErrors) }
        return conditions.compactMap { DialbackFault(rawValue: $0.name) }.first
            ?? .internalServerError
    }

    /// The bytes of a text without the white space that XML has around it.
    static func trimmed(_ text: String) -> [UInt8] {
        let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        let start = text.utf8.drop(while: isSpace)
        return Array(start.reversed().drop(while: isSpace).reversed())
    }
}

// MARK: - Writing

extension DialbackElement {
    /// The element with the prefix `db`, which our headers declare: some peers know no other
    /// (XEP-0220 §2).
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        bytes += "<db:\(kind.rawValue)".utf8
        for (name, value) in [
            ("from", from.description), ("to", to.description), ("id", id), ("type", type),
        ] {
            guard let value else { continue }
            bytes += " \(name)='".utf8
            Self.escape(value, into: &bytes)
            bytes += "'".utf8
        }
        bytes += ">".utf8
        if case .error(let fault) = answer {
            bytes += "<error type='cancel'><\(fault.rawValue)".utf8
            bytes += " xmlns='\(Namespace.stanzaErrors)'/></error>".utf8
        }
        Self.escape(key, into: &bytes)
        bytes += "</db:\(kind.rawValue)>".utf8
        return bytes
    }

    private var type: String? {
        switch answer {
        case nil: nil
        case .valid: "valid"
        case .invalid: "invalid"
        case .error: "error"
        }
    }

    private static func escape(_ value: String, into bytes: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "'"): bytes += "&apos;".utf8
            case 0x09, 0x0A, 0x0D: bytes += "&#\(byte);".utf8
            default: bytes.append(byte)
            }
        }
    }
}
