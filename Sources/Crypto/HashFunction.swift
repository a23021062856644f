internal import COpenSSL

/// The digests of SCRAM and TLS.
///
/// MD5 is not among them: nothing that Martlet speaks asks for it.
public enum HashFunction: String, Sendable, Hashable, CaseIterable {
    case sha1 = "SHA-1"
    case sha256 = "SHA-256"
    case sha384 = "SHA-384"
    case sha512 = "SHA-512"

    /// The length of a digest in bytes.
    public var byteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of all bytes at once (FIPS 180-4).
    public func hash(_ bytes: [UInt8]) -> [UInt8] {
        filled(byteCount) { out in
            EVP_Digest(bytes, bytes.count, out, nil, algorithm, nil) == 1
        }
    }

    /// The keyed digest of a message (RFC 2104).
    public func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        // HMAC pads its key with zeros, so one zero stands for none, which OpenSSL refuses.
        let key = key.isEmpty ? [0] : key
        return filled(byteCount) { out in
            var written = 0
            return EVP_Q_mac(
                nil,
                "HMAC",
                nil,
                rawValue,
                nil,
                key,
                key.count,
                message,
                message.count,
                out,
                byteCount,
                &written
            ) != nil
        }
    }

    /// A key derived from a password (RFC 8018 §5.2, PBKDF2 with HMAC).
    ///
    /// It takes milliseconds and more, in proportion to `iterations`: call it from a worker, never
    /// from a loop. The key has `count` bytes, by default as many as the digest.
    ///
    /// - Precondition: `iterations` and `count` are positive and fit into an `Int32`.
    public func pbkdf2(
        password: [UInt8],
        salt: [UInt8],
        iterations: Int,
        count: Int? = nil
    ) -> [UInt8] {
        let count = count ?? byteCount
        let limits = 1...Int(Int32.max)
        precondition(limits ~= iterations && limits ~= count, "PBKDF2 counts from one")
        return filled(count) { out in
            password.withUnsafeBytes { secret in
                PKCS5_PBKDF2_HMAC(
                    secret.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(secret.count),
                    salt,
                    Int32(salt.count),
                    Int32(iterations),
                    algorithm,
                    Int32(count),
                    out
                ) == 1
            }
        }
    }

    private var algorithm: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }

    private func filled(
        _ count: Int,
        _ compute: (UnsafeMutablePointer<UInt8>?) -> Bool
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            let isComputed = compute(buffer.baseAddress)
            precondition(isComputed, "OpenSSL offers \(rawValue)")
            initializedCount = count
        }
    }
}
