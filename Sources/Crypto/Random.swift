internal import COpenSSL

/// Bytes that nobody can foretell.
public enum Random {
    /// Reads from the system's generator, by way of OpenSSL's, which the kernel seeds.
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            let status = RAND_bytes(buffer.baseAddress, Int32(count))
            precondition(status == 1, "the system's random generator answers")
            initializedCount = count
        }
    }

    /// A token of `byteCount` random bytes, written in lower-case hexadecimal digits.
    public static func token(byteCount: Int = 16) -> String {
        Hex.encode(bytes(byteCount))
    }
}

/// Compares secrets in a time that depends on their length alone.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
