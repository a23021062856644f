internal import COpenSSL

/// Where a session stands.
public enum TLSState: Sendable {
    case handshaking
    case open
    /// The peer said that it will send no more (close_notify); we still may.
    case peerClosed
}

/// One TLS connection, between buffers: ciphertext in, plaintext out, and the reverse.
///
/// All input of a call is consumed in that call, and what is to be sent to the peer is appended to
/// the call's `output`: an idle session holds no buffer of ours, and OpenSSL none of its own.
///
/// Used by one thread at a time, which may change between calls.
///
/// Unchecked for that reason: a transport, confined to a shard, owns it.
public final class TLSSession: @unchecked Sendable {
    /// Bytes that a handshake may take from the peer.
    private static let handshakeLimit = 64 * 1024
    /// Bytes of plaintext in the largest record (RFC 8446 §5.1).
    private static let recordSize = 16 * 1024

    public private(set) var state = TLSState.handshaking

    /// Protocols for ALPN as the extension writes them: each with its length before it.
    let protocols: [UInt8]

    private let tls: OpaquePointer
    let context: TLSContext  // OpenSSL calls it back.
    /// What we show.
    var identity: TLSIdentity?
    /// The name that a server's client is taken to want where it says none; normal.
    let hint: String?
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var output: [UInt8] = []
    private var handshakeBytes = 0
    private var hasFailed = false
    private var isServer = false

    /// Begins a session.
    ///
    /// A client's first message is had by calling `begin`.
    ///
    /// - Throws: when OpenSSL has no memory, or does not take the server's name.
    public init(_ context: TLSContext, role: TLSRole) throws(TLSFault) {
        guard let tls = SSL_new(context.handle), let bio = BufferBIO.make() else {
            throw TLSFault(OpenSSLErrors.drain() ?? "out of memory")
        }
        self.tls = tls
        self.context = context
        switch role {
        case .server(let names, let hint):
            protocols = Self.list(names)
            self.hint = hint.map(TLSIdentities.normal)
        case .client(_, let names, _, _, _):
            protocols = Self.list(names)
            hint = nil
        }
        SSL_set_bio(tls, bio, bio)
        let address = Unmanaged.passUnretained(self).toOpaque()
        BIO_set_data(bio, address)
        SSL_set_ex_data(tls, 0, address)
        switch role {
        case .server:
            isServer = true
            SSL_set_accept_state(tls)
        case .client(let name, _, let ticket, let identity, let checksName):
            try becomeClient(of: name, checksName: checksName)
            if let identity { try show(identity) }
            if let ticket { SSL_set_session(tls, ticket.handle) }
        }
    }

    deinit {
        SSL_free(tls)
    }

    private func becomeClient(of name: String, checksName: Bool) throws(TLSFault) {
        SSL_set_connect_state(tls)
        let isAddress = isAddress(name)
        if checksName { try check(name, isAddress) }
        if !isAddress, martlet_set_server_name(tls, name) != 1 {
            OpenSSLErrors.clear()
            throw TLSFault("not a server name")
        }
        if !protocols.isEmpty { SSL_set_alpn_protos(tls, protocols, UInt32(protocols.count)) }
    }

    /// Has OpenSSL compare the certificate's names with the server's.
    private func check(_ name: String, _ isAddress: Bool) throws(TLSFault) {
        let parameters = SSL_get0_param(tls)
        X509_VERIFY_PARAM_set_hostflags(
            parameters,
            UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        )
        let status =
            isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name) : SSL_set1_host(tls, name)
        OpenSSLErrors.clear()
        guard status == 1 else { throw TLSFault("not a server name") }
    }

    /// Takes a certificate of this connection's own.
    private func show(_ own: TLSIdentity) throws(TLSFault) {
        guard SSL_use_cert_and_key(tls, own.certificate, own.key, own.chain, 1) == 1 else {
            throw TLSFault(OpenSSLErrors.drain() ?? "the certificate cannot be used")
        }
        identity = own
    }

    private static func list(_ protocols: [String]) -> [UInt8] {
        protocols.filter { (1...255).contains($0.utf8.count) }
            .flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    }

    static func of(_ tls: OpaquePointer?) -> TLSSession? {
        guard let address = SSL_get_ex_data(tls, 0) else { return nil }
        return Unmanaged.fromOpaque(address).takeUnretainedValue()
    }
}

/// Whether a text is an IPv4 or IPv6 address, which is never sent as SNI (RFC 6066 §3).
private func isAddress(_ name: String) -> Bool {
    guard let address = a2i_IPADDRESS(name) else {
        OpenSSLErrors.clear()
        return false
    }
    ASN1_OCTET_STRING_free(address)
    return true
}

// MARK: Bytes

extension TLSSession {
    /// Makes the first message of a client; a server waits and appends nothing.
    ///
    /// - Throws: what OpenSSL cannot do.
    public func begin(output: inout [UInt8]) throws(TLSFault) {
        guard !isServer else { return }
        try exchange(with: &output) { () throws(TLSFault) in try handshake() }
    }

    /// Takes bytes from the peer, all of them.
    ///
    /// - Parameters:
    ///   - ciphertext: cut anywhere.
    ///   - plaintext: given what was in each record; must not call the session.
    ///   - output: gets what the peer has to be sent, also when this throws (an alert).
    /// - Returns: where the session stands now.
    /// - Throws: a fault that ends the connection.
    public func receive(
        _ ciphertext: UnsafeRawBufferPointer,
        plaintext: (UnsafeRawBufferPointer) -> Void,
        output: inout [UInt8]
    ) throws(TLSFault) -> TLSState {
        input = ciphertext
        defer { input = UnsafeRawBufferPointer(start: nil, count: 0) }
        try exchange(with: &output) { () throws(TLSFault) in
            if state == .handshaking { try handshake(taking: ciphertext.count) }
            if state == .open { try readRecords(plaintext) }
        }
        return state
    }

    /// Encrypts bytes for the peer; nothing if the handshake is not over or the session has failed.
    ///
    /// - Throws: what OpenSSL cannot do.
    public func send(_ plaintext: UnsafeRawBufferPointer, output: inout [UInt8]) throws(TLSFault) {
        guard state != .handshaking, plaintext.count > 0 else { return }
        try exchange(with: &output) { () throws(TLSFault) in
            var written = 0
            guard SSL_write_ex(tls, plaintext.baseAddress, plaintext.count, &written) == 1 else {
                throw fault()
            }
        }
    }

    /// Says that we shall send no more (close_notify, RFC 8446 §6.1).
    public func close(output: inout [UInt8]) {
        guard state != .handshaking, !hasFailed else { return }
        swap(&self.output, &output)
        SSL_shutdown(tls)
        swap(&self.output, &output)
        OpenSSLErrors.clear()
    }

    /// Does `body` with what is written in it going to `output`.
    private func exchange(
        with output: inout [UInt8],
        _ body: () throws(TLSFault) -> Void
    ) throws(TLSFault) {
        guard !hasFailed else { throw TLSFault("used after a fault") }
        OpenSSLErrors.clear()
        swap(&self.output, &output)
        defer { swap(&self.output, &output) }
        do {
            try body()
        } catch {
            hasFailed = true
            throw error
        }
    }

    private func handshake(taking count: Int = 0) throws(TLSFault) {
        handshakeBytes += count
        let status = SSL_do_handshake(tls)
        if status == 1 {
            state = .open
        } else if SSL_get_error(tls, status) != SSL_ERROR_WANT_READ {
            throw fault()
        } else if handshakeBytes > Self.handshakeLimit {
            throw .handshakeTooLarge
        }
    }

    private func readRecords(_ plaintext: (UnsafeRawBufferPointer) -> Void) throws(TLSFault) {
        let ending = withUnsafeTemporaryAllocation(byteCount: Self.recordSize, alignment: 16) {
            buffer in
            var count = 0
            while SSL_read_ex(tls, buffer.baseAddress, buffer.count, &count) == 1 {
                plaintext(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return SSL_get_error(tls, 0)
        }
        switch ending {
        case SSL_ERROR_WANT_READ: return
        case SSL_ERROR_ZERO_RETURN: state = .peerClosed
        default: throw fault()
        }
    }

    private func fault() -> TLSFault {
        let verification = SSL_get_verify_result(tls)
        let reason = OpenSSLErrors.drain() ?? "connection failed"
        guard context.verifiesPeer, state == .handshaking, verification != Int(X509_V_OK) else {
            return TLSFault(reason)
        }
        return TLSFault(
            "\(reason): \(String(cString: X509_verify_cert_error_string(verification)))"
        )
    }
}

// MARK: What OpenSSL reads and writes by

extension TLSSession {
    /// Takes the next bytes of the call's input; zero when there are none left.
    func pull(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, input.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }

    func push(_ bytes: UnsafeRawBufferPointer) {
        output.append(contentsOf: bytes)
    }
}

// MARK: What was negotiated

extension TLSSession {
    /// What was negotiated, computed by each call; nil before the handshake is over.
    public var info: TLSInfo? {
        guard state != .handshaking else { return nil }
        return TLSInfo(
            version: String(cString: SSL_get_version(tls)),
            cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(tls)).map { String(cString: $0) }
                ?? "",
            applicationProtocol: applicationProtocol,
            serverName: SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name)
                .map { String(cString: $0) },
            peerCertificates: peerCertificates,
            peerVerification: peerVerification,
            isResumed: SSL_session_reused(tls) == 1,
            exporter: exporter,
            unique: unique,
            serverEndPoint: serverEndPoint
        )
    }

    /// What a client may resume this session by; nil as long as the server gave nothing for it.
    ///
    /// A copy: OpenSSL gives its own session up when the connection is cut, which is when a ticket
    /// is wanted most.
    public var ticket: TLSTicket? {
        guard !isServer, let session = SSL_get_session(tls),
            SSL_SESSION_is_resumable(session) == 1
        else { return nil }
        return SSL_SESSION_dup(session).map(TLSTicket.init)
    }

    private var applicationProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(tls, &name, &length)
        guard let name, length > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    private var peerCertificates: [[UInt8]] {
        guard let own = SSL_get1_peer_certificate(tls) else { return [] }
        defer { X509_free(own) }
        let stack = SSL_get_peer_cert_chain(tls)
        let chain = (0..<martlet_certificate_count(stack))
            .compactMap { martlet_certificate_at(stack, $0) }.map { DER.bytes(of: $0) }
        // A server's chain lacks the client's own certificate, a client's begins with the server's.
        return isServer ? [DER.bytes(of: own)] + chain : chain
    }

    private var peerVerification: TLSInfo.PeerVerification {
        guard let own = SSL_get1_peer_certificate(tls) else { return .noCertificate }
        X509_free(own)
        let result = SSL_get_verify_result(tls)
        guard result != Int(X509_V_OK) else { return .valid }
        return .invalid(String(cString: X509_verify_cert_error_string(result)))
    }

    /// RFC 9266 §4.2: a context of no bytes, 32 bytes.
    ///
    /// Under TLS 1.2 a context of no bytes and none give different values (RFC 5705 §4), clients
    /// disagree on which is meant, and a refused login helps nobody: there it is `unique`.
    private var exporter: [UInt8]? {
        guard SSL_version(tls) >= TLSVersion.v1_3.rawValue else { return nil }
        let label = Array("EXPORTER-Channel-Binding".utf8).map(CChar.init(bitPattern:))
        var value = [UInt8](repeating: 0, count: 32)
        let status = SSL_export_keying_material(tls, &value, 32, label, label.count, nil, 0, 0)
        return status == 1 ? value : nil
    }

    /// RFC 5929 §3.1: the handshake's first Finished message, the server's where it is resumed.
    ///
    /// Only with the extended master secret, without which two sessions can share it (RFC 7627 §1).
    private var unique: [UInt8]? {
        guard SSL_version(tls) < TLSVersion.v1_3.rawValue,
            SSL_ctrl(tls, SSL_CTRL_GET_EXTMS_SUPPORT, 0, nil) == 1
        else { return nil }
        let isOwnFirst = isServer == (SSL_session_reused(tls) == 1)
        var value = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        let length =
            isOwnFirst
            ? SSL_get_finished(tls, &value, value.count)
            : SSL_get_peer_finished(tls, &value, value.count)
        return length > 0 ? Array(value.prefix(length)) : nil
    }

    /// RFC 5929 §4.1: of the server's certificate, which is ours or the peer's.
    private var serverEndPoint: [UInt8]? {
        if isServer { return identity?.serverEndPoint }
        guard let peer = SSL_get1_peer_certificate(tls) else { return nil }
        return X509Handle(owning: peer).serverEndPoint
    }
}

/// Lets a client resume a session (RFC 8446 §2.2).
public final class TLSTicket: Sendable {
    // Counted by OpenSSL with atomics, and not changed by us.
    nonisolated(unsafe) let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        SSL_SESSION_free(handle)
    }
}
