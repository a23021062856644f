internal import CExpat

/// An expat parser and all the scratch that a stanza under way needs; lent to one stream at a time.
///
/// Expat is used for its tokens alone. Namespaces are read here, so that a parser serves any stream
/// whatever the header declared: it stands inside `<stream:stream>` and knows no more.
/// A class, because expat holds its address for as long as `expat` lives.
///
/// Exclusivity is unchecked, which makes parsing a quarter faster: only one thread at a time has the
/// reader, no property is passed `inout` to anything that calls expat or another reader's handlers,
/// and the handlers do not call each other while they change one.
final class ExpatReader {
    enum Mode { case priming, header, stanzas, closed }

    /// Why expat was told to stop in the middle of its input.
    enum Stop: Equatable {
        case fault(XMLError.Kind)
        case closed
        /// At the end of a stanza: expat remembers every name it saw, so it has served enough.
        case worn
    }

    struct OpenElement: BitwiseCopyable {
        let namespace: NamespaceName
        let defaultNamespace: NamespaceName
        /// This element and all around it are in the content namespace.
        let isContent: Bool
        /// What to go back to when it ends.
        let mark: NamespaceStack.Mark
    }

    let expat: XML_Parser
    /// Nobody outside can foretell which names share a place in expat's tables; chosen once, because
    /// each choice is a call of the kernel.
    private let salt = UInt.random(in: 1...UInt.max)
    @exclusivity(unchecked) var builder = DocumentBuilder()
    @exclusivity(unchecked) var namespaces = NamespaceStack()
    @exclusivity(unchecked) var open = Scratch<OpenElement>(capacity: 16)
    @exclusivity(unchecked) var attributes = Scratch<SourceAttribute>(capacity: 16)
    @exclusivity(unchecked) var markup = MarkupGuard(mayDeclare: true)

    @exclusivity(unchecked) var mode = Mode.header
    @exclusivity(unchecked) var stop: Stop?
    /// Where the fault was found, as expat counts.
    @exclusivity(unchecked) var stopIndex = 0
    @exclusivity(unchecked) var limits = XMLLimits.preAuthentication
    @exclusivity(unchecked) var scope: HeaderScope?
    @exclusivity(unchecked) var elements = 0
    @exclusivity(unchecked) var events: [StreamEvent] = []

    /// Bytes given to expat since it was reset.
    @exclusivity(unchecked) private(set) var fed = 0
    /// Where the last stanza, header or space between stanzas ended, as expat counts.
    @exclusivity(unchecked) var boundary = 0
    /// What to add to expat's count for an offset in the bytes of this `read`.
    @exclusivity(unchecked) var offsetBase = 0
    /// Bytes expat read in this reader's whole life.
    @exclusivity(unchecked) private var lifetimeBytes = 0

    static let wornBytes = 262_144

    init?() {
        guard let expat = XML_ParserCreate("UTF-8") else { return nil }
        self.expat = expat
        configure()
    }

    deinit { XML_ParserFree(expat) }

    var isWorn: Bool { lifetimeBytes + fed > Self.wornBytes }

    /// Between stanzas, with nothing pending.
    var isIdle: Bool { mode == .stanzas && open.count == 0 && boundary == fed }

    /// Bytes since the last boundary.
    var pending: Int { fed - boundary }

    /// Whether a large stanza has left it with large buffers.
    var isSwollen: Bool { builder.bytes.capacity > 65_536 || builder.nodes.capacity > 4_096 }

    /// Whether these first bytes of a stream are not UTF-8, whatever they are.
    func isForeignEncoding(_ bytes: Bytes) -> Bool {
        for (index, byte) in bytes.prefix(max(0, 2 - fed)).enumerated() {
            if fed + index == 0, byte == 0xFE || byte == 0xFF { return true }
            if byte == 0 { return true }  // UTF-16 without a mark: every other byte is zero.
        }
        return false
    }

    /// Makes it as new, but for the names expat remembers in freed blocks of its own.
    func reset() {
        XML_ParserReset(expat, "UTF-8")
        configure()
        lifetimeBytes += fed
        (fed, boundary, elements, stopIndex) = (0, 0, 0, 0)
        (mode, stop, scope) = (.header, nil, nil)
        markup = MarkupGuard(mayDeclare: true)
        builder.reset()
        open.truncate(to: 0)
        namespaces.begin(nil)
    }

    /// Makes a reader that is as new stand inside a root element.
    func prime(_ rootName: [UInt8]) {
        mode = .priming
        let tag = [0x3C] + rootName + [0x3E]
        tag.withUnsafeBufferPointer { feed($0) }
        boundary = fed
        markup = MarkupGuard(mayDeclare: false)
    }

    /// Reads bytes; what they said is in `events`, and why it stopped early in `stop`.
    func feed(_ bytes: Bytes) {
        let status = bytes.withMemoryRebound(to: CChar.self) {
            XML_Parse(expat, $0.baseAddress, Int32($0.count), 0)
        }
        fed += bytes.count
        if status == XML_STATUS_ERROR, stop == nil {
            stopIndex = max(XML_GetCurrentByteIndex(expat), 0)
            stop = .fault(XMLError.Kind(XML_GetErrorCode(expat)))
        }
        guard stop == nil, mode == .stanzas else { return }
        let tokenStart = XML_GetCurrentByteIndex(expat)
        if fed - tokenStart > limits.tagBytes { halt(.fault(.limit(.tagBytes)), at: tokenStart) }
    }

    /// Notes why to read no further, and makes expat return.
    func halt(_ reason: Stop) {
        halt(reason, at: XML_GetCurrentByteIndex(expat))
        XML_StopParser(expat, XML_Bool(XML_FALSE))
    }

    private func halt(_ reason: Stop, at index: Int) {
        stop = reason
        stopIndex = index
    }

    private func configure() {
        XML_SetHashSalt(expat, salt)
        martlet_expat_report_at_once(expat)
        setHandlers()
    }
}

extension XMLError.Kind {
    init(_ code: XML_Error) {
        switch code {
        case XML_ERROR_NO_MEMORY: self = .outOfMemory
        case XML_ERROR_UNDEFINED_ENTITY, XML_ERROR_RECURSIVE_ENTITY_REF,
            XML_ERROR_BINARY_ENTITY_REF, XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF:
            self = .restrictedXML
        case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING:
            self = .unsupportedEncoding
        default: self = .notWellFormed
        }
    }
}
