/// Base64 as SASL wants it (RFC 4648 §4): padded, canonical, and nothing else between.
public enum Base64 {
    /// Writes bytes as text, with padding and without line breaks.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: encodeBytes(bytes), as: UTF8.self)
    }

    /// Writes bytes as text, with padding and without line breaks.
    public static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: encodeBytes(bytes), as: UTF8.self)
    }

    /// Writes bytes as ASCII, with padding and without line breaks.
    public static func encodeBytes(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBufferPointer(encode)
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
    public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        text.withUnsafeBufferPointer(decode)
    }

    /// Reads ASCII back, as strictly as `decode(_: String)`.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withContiguousStorageIfAvailable(decode) ?? Array(text).withUnsafeBufferPointer(decode)
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let alphabet = alphabet
        return filled((bytes.count + 2) / 3 * 4) { out in
            var count = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let held = min(3, bytes.count - start)
                var group = UInt32(bytes[start]) << 16
                if held > 1 { group |= UInt32(bytes[start + 1]) << 8 }
                if held > 2 { group |= UInt32(bytes[start + 2]) }
                for place in 0..<4 {
                    let digit = alphabet[Int(group >> UInt32(18 - 6 * place)) & 63]
                    out[count + place] = place <= held ? digit : padding
                }
                count += 4
            }
        }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padded = text.suffix(2).reversed().prefix { $0 == padding }.count
        let digits = text.count - padded
        let values = values
        // All values, so that one that is none shows; and what the last four digits stand for.
        var (seen, group) = (UInt8(0), UInt32(0))
        let out = filled(text.count / 4 * 3 - padded) { out in
            for start in stride(from: 0, to: text.count, by: 4) {
                group = 0
                for place in start..<start + 4 {
                    let value = place < digits ? values[Int(text[place])] : 0
                    seen |= value
                    group = group << 6 | UInt32(value & 63)
                }
                let first = start / 4 * 3
                for place in first..<min(first + 3, out.count) {
                    out[place] = UInt8(
                        truncatingIfNeeded: group >> UInt32(16 - 8 * (place - first))
                    )
                }
            }
        }
        let rest = group & ((1 << UInt32(8 * padded)) - 1)
        return seen < 64 && rest == 0 ? out : nil
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
