/// Names of hosts with any script's letters (RFC 5890 to 5893, IDNA2008).
enum IDNA {
    enum Fault: Error { case empty, tooLong, disallowed }

    /// Brings a name into the form in which equal names are equal: each label as a U-label where it
    /// can be one, all in lower case and NFC, without a dot at the end.
    ///
    /// Underscores are tolerated, as other servers do: hosts of private networks have them. Anything
    /// else that IDNA2008 has not is refused, an A-label of an emoji as well.
    static func prepare(_ text: Scalars) throws(Fault) -> Scalars {
        var text = Mapping.lowercase(Mapping.width(text), hasFinalSigma: false)
        text = Normalization.nfc(text.map { $0 == "\u{3002}" ? "." : $0 })  // RFC 5895 §2
        if text.last == "." { text.removeLast() }
        guard !text.isEmpty else { throw .empty }
        guard text.count <= 253 else { throw .tooLong }  // Encoding makes no label shorter.
        var labels: [Scalars] = []
        var ASCIIBytes = -1
        for label in text.split(separator: ".", omittingEmptySubsequences: false) {
            let prepared = try Label(label)
            labels.append(prepared.text)
            ASCIIBytes += prepared.ASCIIBytes + 1
        }
        guard ASCIIBytes <= 253 else { throw .tooLong }
        if labels.contains(where: BidiRule.concerns) {
            guard labels.allSatisfy(BidiRule.isSatisfied) else { throw .disallowed }
        }
        return Scalars(labels.joined(separator: CollectionOfOne(".")))
    }

    /// Gives a prepared name as DNS and TLS spell it: each U-label as `xn--…`.
    static func encode(_ name: Scalars) -> [UInt8] {
        let labels = name.split(separator: ".").map { label -> [UInt8] in
            if label.allSatisfy(\.isASCII) { return label.map { UInt8($0.value) } }
            return Array("xn--".utf8) + (Punycode.encode(label) ?? [])
        }
        return Array(labels.joined(separator: CollectionOfOne(UInt8(ascii: "."))))
    }
}

extension IDNA {
    /// One label of a mapped name, with its length in DNS.
    private struct Label {
        let text: Scalars
        let ASCIIBytes: Int

        init(_ label: ArraySlice<Unicode.Scalar>) throws(Fault) {
            guard label.allSatisfy(\.isASCII) else {
                self = try Label(unicode: Scalars(label))
                return
            }
            let bytes = label.map { UInt8($0.value) }
            if bytes.starts(with: "xn--".utf8) {
                self = try Label(encoded: bytes)
                return
            }
            guard bytes.count <= 63 else { throw .tooLong }
            guard ASCII.isLabel(bytes) else { throw .disallowed }
            text = Scalars(label)
            ASCIIBytes = bytes.count
        }

        /// A U-label (RFC 5891 §5.4).
        private init(unicode label: Scalars) throws(Fault) {
            guard let encoded = Punycode.encode(label), encoded.count <= 59 else { throw .tooLong }
            guard label.allSatisfy({ CodePoint($0).isInUnicodeLabels }),
                label.first != "-", label.last != "-",
                !label.dropFirst(2).starts(with: ["-", "-"]),
                label.first.map({ CodePoint($0).isMark }) == false,
                ContextualRules.areSatisfied(by: label)
            else { throw .disallowed }
            text = label
            ASCIIBytes = encoded.count + 4
        }

        /// An A-label: it must be what its own U-label is written as (RFC 5891 §5.3).
        private init(encoded bytes: [UInt8]) throws(Fault) {
            guard bytes.count <= 63 else { throw .tooLong }
            guard let decoded = Punycode.decode(bytes[4...]),
                !decoded.allSatisfy(\.isASCII), Normalization.nfc(decoded) == decoded,
                Punycode.encode(decoded).map({ $0.elementsEqual(bytes[4...]) }) == true
            else { throw .disallowed }
            try self.init(unicode: decoded)
        }
    }
}
