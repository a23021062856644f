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
            let target = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let isComputed = EVP_Digest(bytes, bytes.count, target, nil, algorithm, nil) == 1
            precondition(isComputed, "OpenSSL offers \(rawValue)")
        }
    }

    /// The keyed digest of a message (RFC 2104).
    public func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let key = key.count > blockByteCount ? hash(key) : key
        let (length, block) = (byteCount, blockByteCount)
        return withUnsafeTemporaryAllocation(byteCount: block + length, alignment: 8) { room in
            defer { OPENSSL_cleanse(room.baseAddress, room.count) }
            let pad = UnsafeMutableRawBufferPointer(rebasing: room[..<block])
            let inner = UnsafeMutableRawBufferPointer(rebasing: room[block...])
            let digest = Digest(algorithm)
            pad.initializeMemory(as: UInt8.self, repeating: 0x36)
            for (index, byte) in key.enumerated() { pad[index] ^= byte }
            message.withUnsafeBytes { digest.write(UnsafeRawBufferPointer(pad), $0, to: inner) }
            for index in pad.indices { pad[index] ^= 0x36 ^ 0x5c }
            return filled(length) { out in
                digest.write(UnsafeRawBufferPointer(pad), UnsafeRawBufferPointer(inner), to: out)
            }
        }
    }

    /// The bytes that the function takes in at a time, which is how long HMAC's pads are.
    private var blockByteCount: Int {
        switch self {
        case .sha1, .sha256: 64
        case .sha384, .sha512: 128
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
            let isComputed = password.withUnsafeBytes { secret in
                PKCS5_PBKDF2_HMAC(
                    secret.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(secret.count),
                    salt,
                    Int32(salt.count),
                    Int32(iterations),
                    algorithm,
                    Int32(count),
                    out.baseAddress?.assumingMemoryBound(to: UInt8.self)
                ) == 1
            }
            precondition(isComputed, "OpenSSL offers \(rawValue)")
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

}

/// Bytes that `write` writes all of.
///
/// What it writes to is copied: an array that begins uninitialised costs twice as much, since the
/// standard library makes it, and looks up what kind of array it is.
func filled(_ count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { room in
        write(room)
        return Array(UnsafeRawBufferPointer(room))
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

    func write(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer,
        to target: UnsafeMutableRawBufferPointer
    ) {
        let out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let isComputed =
            EVP_DigestInit_ex2(context, algorithm, nil) == 1
            && EVP_DigestUpdate(context, first.baseAddress, first.count) == 1
            && EVP_DigestUpdate(context, second.baseAddress, second.count) == 1
            && EVP_DigestFinal_ex(context, out, nil) == 1
        precondition(isComputed, "OpenSSL has memory for a digest")
    }
}
