/// Base64 as SASL wants it (RFC 4648 §4): padded, canonical, and nothing else between.
public enum Base64 {
    /// Writes bytes as text, with padding and without line breaks.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: encodeBytes(bytes), as: UTF8.self)
    }

    /// Writes bytes as ASCII, with padding and without line breaks.
    public static func encodeBytes(_ bytes: some Collection<UInt8>) -> [UInt8] {
        bytes.withContiguousStorageIfAvailable(encode)
            ?? Array(bytes).withUnsafeBufferPointer(encode)
    }

    /// Reads text back, or returns nil at a foreign character, whitespace, missing or misplaced
    /// padding, and at bits behind the last byte that are not zero (RFC 4648 §3.5).
    public static func decode(_ text: String) -> [UInt8]? {
        decode(text.utf8)
    }

    /// Reads ASCII back, as strictly as `decode(_: String)`.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withContiguousStorageIfAvailable(decode) ?? Array(text).withUnsafeBufferPointer(decode)
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let length = (bytes.count + 2) / 3 * 4
        return [UInt8](unsafeUninitializedCapacity: length) { out, count in
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let held = min(3, bytes.count - start)
                var group = UInt32(bytes[start]) << 16
                if held > 1 { group |= UInt32(bytes[start + 1]) << 8 }
                if held > 2 { group |= UInt32(bytes[start + 2]) }
                for place in 0..<4 {
                    let digit = alphabet[Int(group >> UInt32(18 - 6 * place)) & 63]
                    out.initializeElement(at: count + place, to: place <= held ? digit : padding)
                }
                count += 4
            }
        }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padded = text.suffix(2).reversed().prefix { $0 == padding }.count
        var rest: UInt32 = 0
        var isLegal = true
        let out = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { out, count in
            var held: UInt32 = 0
            for digit in text.dropLast(padded) {
                let value = values[Int(digit)]
                isLegal = isLegal && value < 64
                rest = rest << 6 | UInt32(value & 63)
                held += 6
                guard held >= 8 else { continue }
                held -= 8
                out.initializeElement(at: count, to: UInt8(truncatingIfNeeded: rest >> held))
                count += 1
                rest &= (1 << held) - 1
            }
        }
        return isLegal && rest == 0 ? out : nil
    }

    private static let padding = UInt8(ascii: "=")
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()
}
