internal import COpenSSL

/// A certificate that vouches for itself, and its key, for a domain that has no other yet.
///
/// ECDSA on P-256, named for TLS by `dNSName`, for XMPP by `id-on-xmppAddr` and `SRVName`s, for both
/// ends of a connection, because a server shows it to other servers too.
public struct SelfSignedCertificate: Sendable {
    public let certificatePEM: String
    /// The private key, PKCS #8, not encrypted.
    public let keyPEM: String

    public static let lifetimeDays = 3650

    /// Makes a key and signs with it.
    ///
    /// The domain is in A-labels (`asciiDomain`) for DNS and in U-labels (`domain`, the same by
    /// default) for XMPP; an address of IP is without brackets for DNS. It is valid from an hour before
    /// `unixTime`, for clocks that are late.
    public init(
        asciiDomain: String,
        domain: String? = nil,
        atUnixTime unixTime: Int64
    ) throws(CertificateError) {
        let domain = domain ?? asciiDomain
        guard isName(asciiDomain), asciiDomain.utf8.allSatisfy({ $0 < 0x80 }), isName(domain)
        else { throw .malformedName }
        guard let key = Self.makeKey() else { throw .notMade }
        defer { EVP_PKEY_free(key) }
        guard let made = X509_new() else { throw .notMade }
        let certificate = X509Handle(owning: made)
        guard certificate.describe(domain, at: unixTime),
            certificate.addNames(asciiDomain: asciiDomain, domain: domain),
            certificate.addUses(),
            X509_set_pubkey(certificate.pointer, key) == 1,
            X509_sign(certificate.pointer, key, EVP_sha256()) > 0,
            let certificatePEM = written({ PEM_write_bio_X509($0, certificate.pointer) }),
            let keyPEM = written({ PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) })
        else { throw .notMade }
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    private static func makeKey() -> OpaquePointer? {
        let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
            EVP_PKEY_generate(context, &key) == 1
        else { return nil }
        return key
    }
}

/// Whether a text may be a domain's name in a certificate.
private func isName(_ text: String) -> Bool {
    (1...1023).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
}

/// What a writer puts into a memory buffer.
private func written(_ write: (OpaquePointer?) -> Int32) -> String? {
    let buffer = BIO_new(BIO_s_mem())
    defer { BIO_free(buffer) }
    guard write(buffer) == 1 else { return nil }
    let count = Int(BIO_ctrl_pending(buffer))
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { out, initializedCount in
        initializedCount = max(0, Int(BIO_read(buffer, out.baseAddress, Int32(count))))
    }
    return String(decoding: bytes, as: UTF8.self)
}
