internal import COpenSSL
import Glibc

/// A certificate, the chain to be sent with it, and its private key.
///
/// Immutable; OpenSSL counts references to its parts with atomics, so that sessions of all threads
/// share them and keep them as long as they need.
public final class TLSIdentity: Sendable {
    // Never changed after init, and OpenSSL locks what it caches in them.
    nonisolated(unsafe) let certificate: OpaquePointer
    nonisolated(unsafe) let chain: OpaquePointer?
    nonisolated(unsafe) let key: OpaquePointer
    /// What its connections can be bound by (RFC 5929 §4.1), or nil when there is no such digest.
    let serverEndPoint: [UInt8]?

    /// Reads PEM texts: the certificate followed by its chain, and the key.
    ///
    /// - Throws: what cannot be read, or does not belong together.
    public init(certificatePEM: String, keyPEM: String) throws(TLSSettingsError) {
        var certificates = try PEM.certificates(in: certificatePEM, called: "certificate")
        do {
            key = try PEM.privateKey(in: keyPEM)
        } catch {
            certificates.forEach(X509_free)
            throw error
        }
        certificate = certificates.removeFirst()
        serverEndPoint = X509Handle(retaining: certificate).serverEndPoint
        chain = martlet_certificate_stack()
        for issuer in certificates { _ = martlet_certificate_push(chain, issuer) }
        guard X509_check_private_key(certificate, key) == 1 else {
            OpenSSLErrors.clear()
            throw TLSSettingsError("key", "does not belong to the certificate")
        }
    }

    /// Reads PEM files, which may be one and the same.
    ///
    /// - Throws: what cannot be read, or does not belong together.
    public convenience init(
        certificatePath: String,
        keyPath: String
    ) throws(TLSSettingsError) {
        try self.init(
            certificatePEM: PEM.text(ofFile: certificatePath),
            keyPEM: PEM.text(ofFile: keyPath)
        )
    }

    deinit {
        X509_free(certificate)
        martlet_certificate_stack_free(chain)
        EVP_PKEY_free(key)
    }

    /// Makes it the one that a context's connections begin with; says whether OpenSSL took it.
    func isShown(by context: OpaquePointer) -> Bool {
        SSL_CTX_use_cert_and_key(context, certificate, key, chain, 1) == 1
    }

    /// The certificate in DER.
    public var certificateDER: [UInt8] { DER.bytes(of: certificate) }
}

/// Reads the text form of certificates and keys (RFC 7468).
enum PEM {
    /// The certificates of a text, in order; the caller frees each.
    ///
    /// - Throws: also when there is none.
    static func certificates(
        in text: String,
        called subject: String
    ) throws(TLSSettingsError) -> [OpaquePointer] {
        let bio = try memory(text)
        defer { BIO_free(bio) }
        var certificates: [OpaquePointer] = []
        while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
            certificates.append(certificate)
        }
        // The end of the text is reported as an error, too.
        let reason = OpenSSLErrors.drain()
        guard certificates.isEmpty else { return certificates }
        throw TLSSettingsError(subject, reason ?? "no certificate")
    }

    /// The first private key of a text, not encrypted; the caller frees it.
    ///
    /// - Throws: why there is none.
    static func privateKey(in text: String) throws(TLSSettingsError) -> OpaquePointer {
        let bio = try memory(text)
        defer { BIO_free(bio) }
        let refuse:
            @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?)
                -> CInt = { _, _, _, _ in -1 }
        guard let key = PEM_read_bio_PrivateKey(bio, nil, refuse, nil) else {
            throw TLSSettingsError("key", OpenSSLErrors.drain() ?? "no private key")
        }
        return key
    }

    /// The text of a file of at most 1 MiB.
    ///
    /// - Throws: with the path.
    static func text(ofFile path: String) throws(TLSSettingsError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw TLSSettingsError(path, String(cString: strerror(errno))) }
        defer { close(file) }
        let limit = 1 << 20
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let got = read(file, buffer.baseAddress.map { $0 + count }, limit - count)
                guard got > 0 else { return }
                count += got
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func memory(_ text: String) throws(TLSSettingsError) -> OpaquePointer {
        let bio = BIO_new(BIO_s_mem())
        guard let bio else { throw TLSSettingsError("OpenSSL", "out of memory") }
        let bytes = Array(text.utf8)
        BIO_write(bio, bytes, CInt(bytes.count))
        return bio
    }
}

/// Writes the binary form of certificates.
enum DER {
    static func bytes(of certificate: OpaquePointer) -> [UInt8] {
        let length = Int(i2d_X509(certificate, nil))
        guard length > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            var end: UnsafeMutablePointer<UInt8>? = buffer.baseAddress
            count = Int(i2d_X509(certificate, &end))
        }
    }
}
