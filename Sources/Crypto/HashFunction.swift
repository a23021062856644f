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
        let key = key.count > blockByteCount ? hash(key) : key
        return withUnsafeTemporaryAllocation(byteCount: blockByteCount, alignment: 8) { pad in
            defer { OPENSSL_cleanse(pad.baseAddress, pad.count) }
            let digest = Digest(algorithm)
            let inner = digest.of(Self.fill(pad, with: key, 0x36), message, count: byteCount)
            return digest.of(Self.fill(pad, with: key, 0x5c), inner, count: byteCount)
        }
    }

    /// The bytes that the function takes in at a time, which is how long HMAC's pads are.
    private var blockByteCount: Int {
        switch self {
        case .sha1, .sha256: 64
        case .sha384, .sha512: 128
        }
    }

    private static func fill(
        _ pad: UnsafeMutableRawBufferPointer,
        with key: [UInt8],
        _ mask: UInt8
    ) -> UnsafeRawBufferPointer {
        for index in pad.indices { pad[index] = mask ^ (index < key.count ? key[index] : 0) }
        return UnsafeRawBufferPointer(pad)
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
        case .sha1: Fetched.sha1
        case .sha256: Fetched.sha256
        case .sha384: Fetched.sha384
        case .sha512: Fetched.sha512
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

/// OpenSSL's functions, looked up once: each look-up costs more than a digest of some bytes.
private enum Fetched {
    // Never changed and never freed; OpenSSL counts who uses them with atomics.
    nonisolated(unsafe) static let sha1 = EVP_MD_fetch(nil, "SHA1", nil)
    nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
    nonisolated(unsafe) static let sha384 = EVP_MD_fetch(nil, "SHA384", nil)
    nonisolated(unsafe) static let sha512 = EVP_MD_fetch(nil, "SHA512", nil)
}

/// Digests of two parts each, one after the other, in one of OpenSSL's contexts.
private struct Digest: ~Copyable {
    private let context: OpaquePointer?
    private let algorithm: OpaquePointer?

    init(_ algorithm: OpaquePointer?) {
        self.algorithm = algorithm
        context = EVP_MD_CTX_new()
    }

    deinit { EVP_MD_CTX_free(context) }

    func of(_ first: UnsafeRawBufferPointer, _ second: [UInt8], count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            let isComputed =
                EVP_DigestInit_ex2(context, algorithm, nil) == 1
                && EVP_DigestUpdate(context, first.baseAddress, first.count) == 1
                && EVP_DigestUpdate(context, second, second.count) == 1
                && EVP_DigestFinal_ex(context, buffer.baseAddress, nil) == 1
            precondition(isComputed, "OpenSSL has memory for a digest")
            initializedCount = count
        }
    }
}
