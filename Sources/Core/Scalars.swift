/// A text while it is being prepared.
typealias Scalars = [Unicode.Scalar]

extension Scalars {
    var utf8: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + count / 2)
        for scalar in self { bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter }
        return bytes
    }
}

extension String {
    init(_ scalars: Scalars) {
        self.init(decoding: scalars.utf8, as: UTF8.self)
    }

    /// Lends the text's UTF-8 without a copy.
    func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try utf8Span.span.bytes.withUnsafeBytes(body)
    }
}
