internal import COpenSSL
import Synchronization

/// Bytes that nobody can foretell.
public enum Random {
    /// Reads from the system's generator, by way of OpenSSL's, which the kernel seeds.
    public static func bytes(_ count: Int) -> [UInt8] {
        filled(count) { target in reserve.withLock { $0.fill(target) } }
    }

    /// A token of `byteCount` random bytes, written in lower-case hexadecimal digits.
    public static func token(byteCount: Int = 16) -> String {
        Hex.encode(bytes(byteCount))
    }

    private static let reserve = Mutex(Reserve())

    /// Random bytes made ahead: OpenSSL takes as long for 500 of them as for 16.
    ///
    /// Each is wiped as it is given out.
    private struct Reserve {
        private static let size = 512
        private var bytes = [UInt8](repeating: 0, count: size)
        private var left = 0

        mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
            guard target.count <= Self.size / 4 else { return Random.fill(target) }
            if left < target.count { refill() }
            bytes.withUnsafeMutableBytes { bytes in
                let given = UnsafeMutableRawBufferPointer(
                    rebasing: bytes[(left - target.count)..<left]
                )
                target.copyMemory(from: UnsafeRawBufferPointer(given))
                OPENSSL_cleanse(given.baseAddress, given.count)
            }
            left -= target.count
        }

        private mutating func refill() {
            bytes.withUnsafeMutableBytes { Random.fill($0) }
            left = Self.size
        }
    }

    private static func fill(_ target: UnsafeMutableRawBufferPointer) {
        let status = RAND_bytes(target.baseAddress, Int32(target.count))
        precondition(status == 1, "the system's random generator answers")
    }
}

/// Compares secrets in a time that depends on their length alone.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
