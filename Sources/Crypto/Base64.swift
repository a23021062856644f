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
        let values = values
        // All values, so that one that is none shows.
        var (seen, rest) = (UInt8(0), UInt32(0))
        func group(of count: Int, at place: Int) -> UInt32 {
            var group: UInt32 = 0
            for place in place..<place + count {
                let value = values[Int(text[place])]
                seen |= value
                group = group &<< 6 | UInt32(value & 63)
            }
            return group
        }
        let whole = text.count / 4 - (padded > 0 ? 1 : 0)
        let out = filled(text.count / 4 * 3 - padded) { out in
            for number in 0..<whole {
                let group = group(of: 4, at: 4 * number)
                out[3 * number] = UInt8(truncatingIfNeeded: group &>> 16)
                out[3 * number + 1] = UInt8(truncatingIfNeeded: group &>> 8)
                out[3 * number + 2] = UInt8(truncatingIfNeeded: group)
            }
            guard padded > 0 else { return }
            // What the last digits stand for, and the bits behind it.
            let group = group(of: 4 - padded, at: 4 * whole) &<< UInt32(6 * padded)
            out[3 * whole] = UInt8(truncatingIfNeeded: group &>> 16)
            if padded == 1 { out[3 * whole + 1] = UInt8(truncatingIfNeeded: group &>> 8) }
            rest = group & ((1 &<< UInt32(8 * padded)) - 1)
        }
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
