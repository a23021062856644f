/// What libxml2 makes of a stream that is whole.
final class SecondReading {
    /// The root with its attributes, once its tag was read.
    private(set) var header: Tree?
    /// The root's children, as far as they ended.
    private(set) var elements: [Tree] = []
    /// What was wrong, by libxml2's numbers (`xmlParserErrors`).
    private(set) var faults: [CInt] = []

    private var open: [Tree] = []

    /// `XML_PARSE_NOENT`, without which `&` in a namespace is another character than elsewhere, and
    /// `XML_PARSE_NONET`.
    private static let options: CInt = 1 << 1 | 1 << 11

    init(_ bytes: [UInt8], by library: LibXML2) {
        bytes.withUnsafeBytes { bytes in
            let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            guard let reader = library.open(start, CInt(bytes.count), nil, nil, Self.options)
            else { return faults.append(-1) }
            defer { library.free(reader) }
            let own = Unmanaged.passUnretained(self).toOpaque()
            library.complain(reader, { SecondReading.note($0, $1) }, own)
            var status = library.read(reader)
            while status == 1 {
                take(reader, library)
                status = library.read(reader)
            }
            if status != 0, faults.isEmpty { faults.append(status) }
        }
    }

    /// A later version, `xml:lang`, namespaces and `xml:space` that it finds odd, and takes.
    private static let warnings: Set<CInt> = [97, 98, 99, 100, 102]

    /// Notes a fault: `xmlError` begins with its domain and its number.
    private static func note(_ reading: UnsafeMutableRawPointer?, _ error: UnsafeRawPointer?) {
        guard let reading, let error else { return }
        let code = error.load(fromByteOffset: 4, as: CInt.self)
        guard !warnings.contains(code) else { return }
        Unmanaged<SecondReading>.fromOpaque(reading).takeUnretainedValue().faults.append(code)
    }

    private func take(_ reader: LibXML2.Reader, _ library: LibXML2) {
        switch library.nodeType(reader) {
        case 1: start(reader, library)
        case 3, 13, 14: append(text(library.value(reader)))
        // Its reader forgets there what XML 1.0 §2.11 says of line ends.
        case 4: append(lineEnds(text(library.value(reader))))
        case 15: end()
        default: break
        }
    }

    private func start(_ reader: LibXML2.Reader, _ library: LibXML2) {
        let isEmpty = library.isEmpty(reader) == 1
        var tree = Tree(
            name: text(library.localName(reader)),
            namespace: text(library.namespace(reader)),
            attributes: [],
            content: []
        )
        while library.nextAttribute(reader) == 1 {
            guard library.isDeclaration(reader) != 1 else { continue }
            tree.attributes.insert(
                Tree.Attribute(
                    name: text(library.localName(reader)),
                    namespace: text(library.namespace(reader)),
                    value: text(library.value(reader))
                )
            )
        }
        if header == nil { header = tree }
        open.append(tree)
        if isEmpty { end() }
    }

    private func end() {
        guard let ended = open.popLast() else { return }
        switch open.count {
        case 0: break
        case 1: elements.append(ended)
        default: open[open.count - 1].content.append(.element(ended))
        }
    }

    private func append(_ text: String) {
        guard open.count > 1 else { return }
        open[open.count - 1].append(text: text)
    }

    private func lineEnds(_ text: String) -> String {
        text.replacing(/\r\n?/.matchingSemantics(.unicodeScalar), with: "\n")
    }

    private func text(_ text: LibXML2.Text?) -> String { text.map { String(cString: $0) } ?? "" }
}
