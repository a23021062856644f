internal import CExpat
import Glibc

/// Reads an XML file of any length, with memory for one element of it.
///
/// Some elements are *containers*: of these the start, each thing inside and the end are told one after
/// the other. All others are told whole. Comments and processing instructions are passed over; a document
/// type, and so every entity, is refused.
///
/// For one thread at a time. A class, because expat holds its address.
public final class FileParser {
    let expat: XML_Parser
    private let containers: Set<String>
    private let lists: Set<String>
    private let asideNamespace: String
    private let limits: XMLLimits

    /// For each container that is open, whether it is a list.
    private var open: [Bool] = []
    private var builder = DocumentBuilder()
    private var elements = 0
    private var aside: [String: String] = [:]
    private var line = 1
    private var events: [FileEvent] = []
    private var stop: XMLError.Kind?
    private var fault: FileFault?
    private var fed = 0

    /// Expat copies what it is given: this bounds its buffer.
    private static let sliceBytes = 65_536
    /// Between namespace and name; no XML document has this character.
    private static let separator: UInt8 = 1

    /// A parser for the next file, or nil when memory is out.
    ///
    /// - Parameters:
    ///   - containers: as `{namespace}name`.
    ///   - lists: those of them in which every element is told whole, whatever its name.
    ///   - asideNamespace: attributes in it are told beside an element, and not in it.
    ///   - limits: what an element may be, and how deep containers may go.
    public init?(
        containers: Set<String>,
        lists: Set<String> = [],
        asideNamespace: String,
        limits: XMLLimits
    ) {
        let separator = XML_Char(Self.separator)
        guard let expat = XML_ParserCreateNS("UTF-8", separator) else { return nil }
        self.expat = expat
        self.containers = containers
        self.lists = lists
        self.asideNamespace = asideNamespace
        self.limits = limits
        XML_SetHashSalt(expat, UInt.random(in: 1...UInt.max))
        martlet_expat_report_at_once(expat)
        setHandlers()
    }

    deinit { XML_ParserFree(expat) }

    /// Reads the next bytes, cut anywhere, and appends what they say.
    ///
    /// - Returns: the fault, after the events that came before it; then it is always the same one.
    public func read(_ bytes: UnsafeRawBufferPointer, into events: inout [FileEvent]) -> FileFault?
    {
        var at = 0
        while at < bytes.count, fault == nil {
            let end = min(bytes.count, at + Self.sliceBytes)
            feed(UnsafeRawBufferPointer(rebasing: bytes[at..<end]), isLast: false)
            at = end
        }
        return take(&events)
    }

    /// Says that there are no more bytes: a file that ends too early is at fault.
    public func finish(into events: inout [FileEvent]) -> FileFault? {
        if fault == nil { feed(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
        return take(&events)
    }

    private func take(_ events: inout [FileEvent]) -> FileFault? {
        events += self.events
        self.events = []
        return fault
    }

    private func feed(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        let status = XML_Parse(
            expat,
            bytes.assumingMemoryBound(to: CChar.self).baseAddress,
            Int32(bytes.count),
            isLast ? 1 : 0
        )
        fed += bytes.count
        if let stop {
            fail(stop)
        } else if status == XML_STATUS_ERROR {
            let code = XML_GetErrorCode(expat)
            fail(code == XML_ERROR_UNBOUND_PREFIX ? .badNamespacePrefix : XMLError.Kind(code))
        } else if fed - XML_GetCurrentByteIndex(expat) > limits.tagBytes {
            fail(.limit(.tagBytes))
        }
    }

    private func fail(_ kind: XMLError.Kind) {
        fault = FileFault(kind, line: Int(XML_GetCurrentLineNumber(expat)))
    }

    private func refuse(_ kind: XMLError.Kind) {
        guard stop == nil else { return }
        stop = kind
        XML_StopParser(expat, XML_Bool(XML_FALSE))
    }
}

extension FileParser {
    private func setHandlers() {
        XML_SetUserData(expat, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            expat,
            { context, name, attributes in
                guard let name, let attributes else { return }
                FileParser.from(context)?.start(name, attributes)
            },
            { context, _ in FileParser.from(context)?.end() }
        )
        XML_SetCharacterDataHandler(expat) { context, text, count in
            guard let text else { return }
            FileParser.from(context)?.characters(bytes(text, Int(count)))
        }
        XML_SetStartDoctypeDeclHandler(expat) { context, _, _, _, _ in
            FileParser.from(context)?.refuse(.restrictedXML)
        }
        XML_SetEntityDeclHandler(expat) { context, _, _, _, _, _, _, _, _ in
            FileParser.from(context)?.refuse(.restrictedXML)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> FileParser? {
        context.map { Unmanaged<FileParser>.fromOpaque($0).takeUnretainedValue() }
    }

    private func start(_ source: UnsafePointer<CChar>, _ list: ExpatAttributes) {
        guard stop == nil else { return }
        let name = FileName(bytes(source))
        let isOutside = builder.depth == 0
        if isOutside {
            line = Int(XML_GetCurrentLineNumber(expat))
            elements = 0
            aside = [:]
            builder.reset()
        }
        elements += 1
        guard builder.depth + open.count < limits.depth else { return refuse(.limit(.depth)) }
        guard elements <= limits.elements else { return refuse(.limit(.elements)) }
        guard name.local.count <= limits.nameBytes else { return refuse(.limit(.nameBytes)) }
        builder.startElement(name.local, namespace: builder.namespace(ifOther: name.namespace))
        if let kind = writeAttributes(list, isOutside: isOutside) { return refuse(kind) }
        guard isOutside, open.last != true, containers.contains(name.description) else {
            return checkSize()
        }
        builder.endElement()
        open.append(lists.contains(name.description))
        events.append(FileEvent(kind: .opened(makeElement()), aside: aside, line: line))
    }

    private func writeAttributes(_ list: ExpatAttributes, isOutside: Bool) -> XMLError.Kind? {
        var (at, total) = (0, 0)
        while let name = list[at], let value = list[at + 1] {
            at += 2
            let (name, value) = (FileName(bytes(name)), bytes(value))
            total += name.local.count + value.count
            guard at <= limits.attributes * 2 else { return .limit(.attributes) }
            guard name.local.count <= limits.nameBytes else { return .limit(.nameBytes) }
            guard total <= limits.attributeBytes else { return .limit(.attributeBytes) }
            if name.namespace.count == 0 {
                builder.attribute(name.local, value)
            } else if isEqual(name.namespace, XML.xmlNamespace) {
                builder.attribute(name.local, value, isXML: true)
            } else if isOutside, isEqual(name.namespace, asideNamespace) {
                aside[String(utf8: name.local)] = String(utf8: value)
            } else {
                builder.attribute(name.local, in: name.namespace, value)
            }
        }
        return nil
    }

    private func end() {
        guard stop == nil else { return }
        if builder.depth == 0 {
            open.removeLast()
            let line = Int(XML_GetCurrentLineNumber(expat))
            return events.append(FileEvent(kind: .closed, aside: [:], line: line))
        }
        builder.endElement()
        checkSize()
        guard builder.depth == 0, stop == nil else { return }
        events.append(FileEvent(kind: .element(makeElement()), aside: aside, line: line))
    }

    private func makeElement() -> Element { Element(document: builder.makeDocument()) }

    private func characters(_ text: Bytes) {
        guard stop == nil else { return }
        guard builder.depth > 0 else {
            if !text.isWhitespace { refuse(.badFormat) }
            return
        }
        builder.text(text)
        checkSize()
    }

    private func checkSize() {
        if builder.bytes.count > limits.stanzaBytes { refuse(.limit(.stanzaBytes)) }
    }
}

/// A name as expat gives it: its namespace, a separator, and the name proper.
private struct FileName {
    let namespace: Bytes
    let local: Bytes

    init(_ bytes: Bytes) {
        let split = bytes.firstIndex(of: 1)
        namespace = split.map { bytes.upTo($0) } ?? bytes.upTo(0)
        local = split.map { bytes.from($0 + 1) } ?? bytes
    }

    var description: String { "{\(String(utf8: namespace))}\(String(utf8: local))" }
}

/// What a stretch of a file says.
public struct FileEvent: Sendable {
    public enum Kind: Sendable {
        /// A container begins; the element has its attributes alone.
        case opened(Element)
        /// A whole element.
        case element(Element)
        /// The container that was opened last ends.
        case closed
    }

    public let kind: Kind
    /// Attributes in the namespace that is told apart, by their names.
    public let aside: [String: String]
    /// Where it begins, the first line being 1.
    public let line: Int
}

/// Why a file is not what it should be, and where.
public struct FileFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let kind: XMLError.Kind
    public let line: Int

    public init(_ kind: XMLError.Kind, line: Int) {
        self.kind = kind
        self.line = line
    }

    public var description: String {
        switch kind {
        case .notWellFormed: "the XML is broken, or ends too early"
        case .badFormat: "there is text where only elements may be"
        case .badNamespacePrefix: "a prefix is not declared"
        case .restrictedXML: "document types and entities are not read"
        case .unsupportedEncoding: "the file is not in UTF-8"
        case .limit(let limit): "an element passes the bound of \(limit.rawValue)"
        case .outOfMemory: "there is no memory left"
        }
    }
}
