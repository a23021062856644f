@testable import MartletXML

/// What our parser makes of a stream that is whole.
struct FirstReading: CustomStringConvertible {
    let stream: [UInt8]
    private(set) var header: StreamHeader?
    private(set) var elements: [Element] = []
    private(set) var fault: XMLError.Kind?
    private var hasClosed = false
    /// Where the last thing that was taken ends.
    private var end = 0

    private static let limits = XMLLimits(
        stanzaBytes: 1 << 20,
        tagBytes: 1 << 20,
        depth: 200,
        elements: 10_000,
        attributes: 1_000,
        attributeBytes: 1 << 20,
        namespaceDeclarations: 1_000
    )

    init(_ stream: [UInt8]) {
        self.stream = stream
        var parser = StreamParser(pool: ParserPool(), limits: Self.limits)
        var events: [StreamEvent] = []
        fault = stream.withUnsafeBytes { parser.read($0, into: &events) }?.kind
        for event in events {
            end = event.endOffset
            switch event.kind {
            case .opened(let opened): header = opened
            case .element(let element): elements.append(element)
            case .closed: hasClosed = true
            }
        }
    }

    /// Taken from its beginning to its end.
    var isWhole: Bool { hasClosed && end == stream.count }

    /// Refused for what it is as XML, or without an end.
    var isMalformed: Bool {
        fault == .notWellFormed || fault == .badNamespacePrefix || (fault == nil && !hasClosed)
    }

    /// What was taken, as a stream with an end, but for space before it.
    var taken: [UInt8] {
        let taken = stream[..<end].drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard !hasClosed, let header else { return Array(taken) }
        let name = (header.prefix.map { "\($0):" } ?? "") + header.name
        return taken + Array("</\(name)>".utf8)
    }

    var description: String { "\(fault as Any): \(String(decoding: stream, as: UTF8.self))" }

    /// Whether a character that is not ASCII stands in a tag outside of quotes.
    var hasForeignName: Bool {
        var (isTag, quote) = (false, UInt8(0))
        for byte in stream {
            switch byte {
            case 0x3C where quote == 0: isTag = true
            case 0x3E where quote == 0: isTag = false
            case 0x22 where isTag, 0x27 where isTag:
                quote = quote == 0 ? byte : quote == byte ? 0 : quote
            case 0x80... where isTag && quote == 0: return true
            default: break
            }
        }
        return false
    }

    /// Whether a namespace is declared with a character that no IRI has (RFC 3987 §2.2).
    var hasStrangeNamespace: Bool {
        let text = String(decoding: stream, as: UTF8.self)
        let declaration = /xmlns(:[^\s=]*)?\s*=\s*(?:'(?<one>[^']*)'|"(?<two>[^"]*)")/
        return text.matches(of: declaration.matchingSemantics(.unicodeScalar)).contains { match in
            let value = match.one ?? match.two ?? ""
            return value.contains("&#") || value.contains("&lt;") || value.contains("&gt;")
                || value.contains("&quot;")
                || value.unicodeScalars.contains {
                    $0.value <= 0x20 || $0.value == 0x7F
                        || "\"<>\\^`{|}".unicodeScalars.contains($0)
                }
        }
    }
}
