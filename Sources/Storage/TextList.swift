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
        var texts: [String] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 4 else { throw .corrupt("a list of texts is cut") }
            let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= count else { throw .corrupt("a list of texts is cut") }
            texts.append(String(decoding: rest.prefix(count), as: UTF8.self))
            rest = rest.dropFirst(count)
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
        var table: [String: String] = [:]
        for index in stride(from: 0, to: texts.count, by: 2) {
            table[texts[index]] = texts[index + 1]
        }
        return table
    }
}
