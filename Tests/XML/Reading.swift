@testable import MartletXML

/// The header most tests begin with.
let clientHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    + "xmlns:stream='http://etherx.jabber.org/streams' to='montague.example' version='1.0'>"

/// What a stream said, in a form that two readings are compared by.
enum Said: Equatable, CustomStringConvertible {
    case opened(StreamHeader)
    case element(String)
    case closed
    case fault(XMLError.Kind)

    init(_ event: StreamEvent) {
        switch event.kind {
        case .opened(let header): self = .opened(header)
        case .element(let element): self = .element(element.description)
        case .closed: self = .closed
        }
    }

    var isElement: Bool {
        if case .element = self { true } else { false }
    }

    var description: String {
        switch self {
        case .opened(let header): "<\(header.name)>"
        case .element(let text): text
        case .closed: "closed"
        case .fault(let kind): "fault: \(kind)"
        }
    }
}

extension StreamParser {
    /// Reads bytes in pieces and says what came of it, the fault last.
    mutating func said(_ pieces: [[UInt8]]) -> [Said] {
        var result: [Said] = []
        for piece in pieces {
            var events: [StreamEvent] = []
            let fault = piece.withUnsafeBytes { read($0, into: &events) }
            result += events.map(Said.init)
            if let fault { return result + [.fault(fault.kind)] }
        }
        return result
    }

    mutating func said(_ text: String) -> [Said] { said([Array(text.utf8)]) }

    /// The elements of one piece that has no fault.
    mutating func elements(_ text: String) -> [Element] {
        var events: [StreamEvent] = []
        let bytes = Array(text.utf8)
        guard bytes.withUnsafeBytes({ read($0, into: &events) }) == nil else { return [] }
        return events.compactMap {
            guard case .element(let element) = $0.kind else { return nil }
            return element
        }
    }
}

/// Reads a whole stream with a pool of its own.
func read(_ pieces: [[UInt8]], _ limits: XMLLimits = .standard) -> [Said] {
    var parser = StreamParser(pool: ParserPool(), limits: limits)
    return parser.said(pieces)
}

func read(_ text: String, _ limits: XMLLimits = .standard) -> [Said] {
    read([Array(text.utf8)], limits)
}
