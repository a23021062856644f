/// Several texts as one value: each with its length, in four bytes, before it.
package enum TextList {
    package static func encode(_ texts: some Sequence<String>) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in texts { append(text, to: &bytes) }
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: text.utf8)
    }

    package static func decode(_ bytes: [UInt8]) throws(StorageError) -> [String] {
        guard let texts = bytes.withUnsafeBytes(read) else {
            throw .corrupt("a list of texts is cut")
        }
        return texts
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) -> [String]? {
        var texts: [String] = []
        texts.reserveCapacity(4)
        var start = 0
        while start < bytes.count {
            guard bytes.count - start >= 4 else { return nil }
            let length = bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
            let end = start + 4 + Int(UInt32(littleEndian: length))
            guard end <= bytes.count else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: bytes[start + 4..<end])
            texts.append(String(decoding: text, as: UTF8.self))
            start = end
        }
        return texts
    }

    /// A table of texts: key and value by turns, in the order of the keys.
    package static func encode(_ table: [String: String]) -> [UInt8] {
        guard table.count == 1, let (key, value) = table.first else {
            return encode(table.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(key.utf8.count + value.utf8.count + 8)
        append(key, to: &bytes)
        append(value, to: &bytes)
        return bytes
    }

    package static func decodeTable(_ bytes: [UInt8]) throws(StorageError) -> [String: String] {
        let texts = try decode(bytes)
        guard texts.count.isMultiple(of: 2) else { throw .corrupt("a table of texts is cut") }
        var table: [String: String] = Dictionary(minimumCapacity: texts.count / 2)
        for index in stride(from: 0, to: texts.count, by: 2) {
            table[texts[index]] = texts[index + 1]
        }
        return table
    }
}
