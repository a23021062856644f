internal import COpenSSL
import Synchronization

/// What all TLS connections of a server, or of a client, have in common.
///
/// TLS 1.2 and 1.3; ECDHE with an AEAD cipher; no compression, no renegotiation, no early data.
/// Sessions are resumed by stateless tickets: nothing is kept per session. Shared by all shards.
public final class TLSContext: Sendable {
    /// Bytes of certificates that a peer may send; OpenSSL's own bound is three times this.
    private static let peerCertificateLimit = 32 * 1024
    /// The order is ours, speed first.
    private static let ciphers = """
        ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
        ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
        ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384
        """

    /// The suites of TLS 1.3 in the same order: with SHA-256 a handshake costs a twelfth less than with
    /// SHA-384, which goes with AES-256.
    private static let suites =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

    // Set up in init alone; OpenSSL counts references and locks what it changes later.
    nonisolated(unsafe) let handle: OpaquePointer
    let verifiesPeer: Bool
    /// Nil for a client, who is given tickets and makes none.
    let ticketKeys: TLSTicketKeys?
    private let identities: Mutex<TLSIdentities>

    /// A server's side.
    ///
    /// An RSA key of 2048 bits costs each handshake about half a millisecond during which its
    /// shard does nothing else; ECDSA with P-256, our default, a tenth of that.
    ///
    /// - Throws: what in the settings cannot be used.
    public init(server settings: TLSServerSettings) throws(TLSSettingsError) {
        handle = try Self.make(TLS_server_method(), settings.versions)
        identities = Mutex(settings.identities)
        verifiesPeer = false
        ticketKeys = settings.ticketKeys
        let argument = Unmanaged.passUnretained(self).toOpaque()
        martlet_on_server_name(handle, chooseIdentity, argument)
        SSL_CTX_set_alpn_select_cb(handle, chooseProtocol, nil)
        SSL_CTX_set_options(handle, martlet_server_preference)
        setUpResumption()
        // Connections begin with it, and need be given only another one.
        if let usual = settings.identities.fallback, !usual.isShown(by: handle) {
            throw TLSSettingsError("certificate", OpenSSLErrors.drain() ?? "cannot be used")
        }
        if settings.requestsPeerCertificate {
            try install(settings.trust)
            SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
            SSL_CTX_set_cert_verify_callback(handle, noteVerification, nil)
        }
    }

    /// A client's side.
    ///
    /// - Throws: what in the settings cannot be used.
    public init(client settings: TLSClientSettings) throws(TLSSettingsError) {
        handle = try Self.make(TLS_client_method(), settings.versions)
        identities = Mutex(TLSIdentities())
        verifiesPeer = settings.verifiesPeer
        ticketKeys = nil
        try install(settings.trust)
        SSL_CTX_set_verify(handle, verifiesPeer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if let own = settings.identity,
            SSL_CTX_use_cert_and_key(handle, own.certificate, own.key, own.chain, 1) != 1
        {
            throw TLSSettingsError("certificate", OpenSSLErrors.drain() ?? "cannot be used")
        }
    }

    deinit {
        SSL_CTX_free(handle)
    }

    /// Replaces a server's certificates for the handshakes to come; connections keep theirs.
    public func replaceIdentities(_ new: TLSIdentities) {
        identities.withLock { $0 = new }
    }

    /// What is shown to a client that names a domain in its handshake, or has named one before.
    func identity(for name: String?, hint: String?) -> TLSIdentity? {
        identities.withLock { $0.identity(for: name, else: hint) }
    }

    private static func make(
        _ method: OpaquePointer?,
        _ versions: ClosedRange<TLSVersion>
    ) throws(TLSSettingsError) -> OpaquePointer {
        guard let handle = SSL_CTX_new(method) else {
            throw TLSSettingsError("OpenSSL", OpenSSLErrors.drain() ?? "no context")
        }
        let lowest = versions.lowerBound.rawValue
        guard martlet_set_versions(handle, lowest, versions.upperBound.rawValue) == 1,
            SSL_CTX_set_cipher_list(handle, ciphers) == 1,
            SSL_CTX_set_ciphersuites(handle, suites) == 1
        else {
            SSL_CTX_free(handle)
            throw TLSSettingsError("OpenSSL", OpenSSLErrors.drain() ?? "lacks our ciphers")
        }
        bound(handle)
        return handle
    }

    /// Sets what bounds the memory of a session, and what is never spoken.
    private static func bound(_ handle: OpaquePointer) {
        SSL_CTX_set_options(handle, martlet_no_renegotiation | martlet_no_compression)
        SSL_CTX_ctrl(handle, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
        SSL_CTX_ctrl(handle, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        SSL_CTX_ctrl(handle, SSL_CTRL_SET_MAX_CERT_LIST, peerCertificateLimit, nil)
        SSL_CTX_set_timeout(handle, ticketLifetime)
        let name = Array("martlet".utf8)
        SSL_CTX_set_session_id_context(handle, name, UInt32(name.count))
    }

    private func install(_ trust: TLSTrust) throws(TLSSettingsError) {
        switch trust {
        case .system:
            SSL_CTX_set_default_verify_paths(handle)
            OpenSSLErrors.clear()
        case .file(let path):
            try install(.pem(PEM.text(ofFile: path)))
        case .pem(let text):
            let store = SSL_CTX_get_cert_store(handle)
            for certificate in try PEM.certificates(in: text, called: "trusted certificates") {
                X509_STORE_add_cert(store, certificate)
                X509_free(certificate)
            }
        }
    }
}

// MARK: What OpenSSL calls

/// Shows the certificate for the name that the client asks for, or that its stream has asked for.
///
/// Called for each handshake, resumed or not, with a name or without.
private func chooseIdentity(
    _ tls: OpaquePointer?,
    _ alert: UnsafeMutablePointer<CInt>?,
    _ argument: UnsafeMutableRawPointer?
) -> CInt {
    guard let tls, let argument else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let context = Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
    let name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    let session = TLSSession.of(tls)
    guard let identity = context.identity(for: name, hint: session?.hint) else {
        alert?.pointee = CInt(SSL_AD_UNRECOGNIZED_NAME)
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    session?.identity = identity
    if SSL_get_certificate(tls) == identity.certificate { return SSL_TLSEXT_ERR_OK }
    // One for RSA and one for ECDSA would both stand, and the client choose.
    SSL_certs_clear(tls)
    let status = SSL_use_cert_and_key(tls, identity.certificate, identity.key, identity.chain, 1)
    return status == 1 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL
}

/// Chooses our first protocol that the client offers (RFC 7301 §3.2).
private func chooseProtocol(
    _ tls: OpaquePointer?,
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?,
    _ offeredLength: UInt32,
    _ argument: UnsafeMutableRawPointer?
) -> CInt {
    guard let session = TLSSession.of(tls), !session.protocols.isEmpty else {
        return SSL_TLSEXT_ERR_NOACK
    }
    var match: UnsafeMutablePointer<UInt8>?
    // The result points into one of the two lists; both outlive the handshake's use of it.
    let outcome = session.protocols.withUnsafeBufferPointer { ours in
        SSL_select_next_proto(
            &match,
            length,
            ours.baseAddress,
            UInt32(ours.count),
            offered,
            offeredLength
        )
    }
    guard outcome == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    chosen?.pointee = UnsafePointer(match)
    return SSL_TLSEXT_ERR_OK
}

/// Judges a client's certificate and lets the handshake go on whatever comes out.
///
/// For any purpose: authorities no longer issue certificates that say they are for clients, and
/// servers show theirs to other servers (XEP-0178).
private func noteVerification(
    _ store: OpaquePointer?,
    _ argument: UnsafeMutableRawPointer?
) -> CInt {
    X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(store), X509_PURPOSE_ANY)
    X509_verify_cert(store)
    OpenSSLErrors.clear()
    return 1
}
