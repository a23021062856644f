/// Base64 as SASL wants it (RFC 4648 §4): padded, canonical, and nothing else between.
public enum Base64 {
    /// Writes bytes as text, with padding and without line breaks.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: encodeBytes(bytes), as: UTF8.self)
    }

    /// Writes bytes as ASCII, with padding and without line breaks.
    public static func encodeBytes(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                append(group, digits: 4, to: &out)
                (group, held) = (0, 0)
            }
        }
        if held > 0 {
            append(group << UInt32(8 * (3 - held)), digits: held + 1, to: &out)
            for _ in held..<3 { out.append(padding) }
        }
        return out
    }

    /// Reads text back, or returns nil at a foreign character, whitespace, missing or misplaced
    /// padding, and at bits behind the last byte that are not zero (RFC 4648 §3.5).
    public static func decode(_ text: String) -> [UInt8]? {
        decode(text.utf8)
    }

    /// Reads ASCII back, as strictly as `decode(_: String)`.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let count = text.count
        guard count % 4 == 0 else { return nil }
        let padded = text.suffix(2).reversed().prefix { $0 == padding }.count
        var out: [UInt8] = []
        out.reserveCapacity(count / 4 * 3)
        var group: UInt32 = 0
        var held: UInt32 = 0
        for digit in text.dropLast(padded) {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                out.append(UInt8(truncatingIfNeeded: group >> held))
                group &= (1 << held) - 1
            }
        }
        return group == 0 ? out : nil
    }

    private static func append(_ group: UInt32, digits: Int, to out: inout [UInt8]) {
        for place in 0..<digits { out.append(alphabet[Int(group >> UInt32(18 - 6 * place)) & 63]) }
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
