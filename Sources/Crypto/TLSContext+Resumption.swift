internal import COpenSSL

/// How a server's sessions are resumed: by stateless tickets, under `TLSTicketKeys`.
///
/// A ticket is good for the names it was given under (SNI's and the stream's), at a server that asks for certificates as it
/// did then, and only where the client showed none: a certificate is judged by each connection, for
/// it may have lost our trust since.
extension TLSContext {
    /// Seconds that a ticket is good for.
    static let ticketLifetime = 2 * 60 * 60

    func setUpResumption() {
        SSL_CTX_set_num_tickets(handle, 1)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(handle, handleTicket)
        SSL_CTX_set_session_ticket_cb(handle, nil, judgeTicket, nil)
        SSL_CTX_set_client_hello_cb(handle, bindTickets, nil)
    }
}

/// The name that a client asks for, as its hello has it (RFC 6066 §3); empty where there is none.
private func serverName(inHelloOf tls: OpaquePointer?) -> String {
    var start: UnsafePointer<UInt8>?
    var count = 0
    let kind = UInt32(TLSEXT_TYPE_server_name)
    guard SSL_client_hello_get0_ext(tls, kind, &start, &count) == 1 else { return "" }
    // The list's length, the kind of name, the name's length: OpenSSL refuses what is no such list.
    let list = UnsafeBufferPointer(start: start, count: count)
    return String(decoding: list.dropFirst(5), as: UTF8.self)
}

// MARK: What OpenSSL calls

/// Says whose tickets are good for a connection; called before any is looked at.
///
/// A session and what it is resumed from must have the same session id context, of 32 bytes at most.
private func bindTickets(
    _ tls: OpaquePointer?,
    _ alert: UnsafeMutablePointer<CInt>?,
    _ argument: UnsafeMutableRawPointer?
) -> CInt {
    let asks = SSL_get_verify_mode(tls) != SSL_VERIFY_NONE
    let name = TLSIdentities.normal(serverName(inHelloOf: tls))
    // What is shown depends on both: a ticket brings the certificate it was given under.
    let hint = TLSSession.of(tls)?.hint.map { "\0" + $0 } ?? ""
    let binding = HashFunction.sha256.hash([asks ? 1 : 0] + Array((name + hint).utf8))
    let status = SSL_set_session_id_context(tls, binding, UInt32(binding.count))
    return status == 1 ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR
}

/// Seals a ticket or opens one.
///
/// Answers 0 for a ticket that means nothing, 1 for one that is good, and 2 for one that is to be
/// replaced.
private func handleTicket(
    _ tls: OpaquePointer?,
    _ name: UnsafeMutablePointer<UInt8>?,
    _ iv: UnsafeMutablePointer<UInt8>?,
    _ cipher: OpaquePointer?,
    _ mac: OpaquePointer?,
    _ seals: CInt
) -> CInt {
    guard let keys = TLSSession.of(tls)?.context.ticketKeys, let name, let iv else { return -1 }
    if seals == 1 {
        let key = keys.sealing()
        name.update(from: key.name, count: TLSTicketKey.nameSize)
        guard RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 else { return -1 }
        return prepare(key, iv, cipher, mac, seals) ? 1 : -1
    }
    let wanted = UnsafeRawBufferPointer(start: name, count: TLSTicketKey.nameSize)
    guard let (key, isCurrent) = keys.opening(wanted) else { return 0 }
    guard prepare(key, iv, cipher, mac, seals) else { return -1 }
    return isCurrent ? 1 : 2
}

private func prepare(
    _ key: TLSTicketKey,
    _ iv: UnsafePointer<UInt8>,
    _ cipher: OpaquePointer?,
    _ mac: OpaquePointer?,
    _ seals: CInt
) -> Bool {
    let size = TLSTicketKey.secretSize
    return martlet_prepare_ticket(cipher, mac, key.cipherKey, key.macKey, size, iv, seals) == 1
}

/// Decides about a ticket that was opened: a client that showed a certificate shows it anew.
private func judgeTicket(
    _ tls: OpaquePointer?,
    _ session: OpaquePointer?,
    _ keyName: UnsafePointer<UInt8>?,
    _ keyNameSize: Int,
    _ status: SSL_TICKET_STATUS,
    _ argument: UnsafeMutableRawPointer?
) -> SSL_TICKET_RETURN {
    switch status {
    case SSL_TICKET_SUCCESS, SSL_TICKET_SUCCESS_RENEW:
        guard SSL_SESSION_get0_peer(session) == nil else { return SSL_TICKET_RETURN_IGNORE_RENEW }
        return status == SSL_TICKET_SUCCESS
            ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW
    default: return SSL_TICKET_RETURN_IGNORE_RENEW
    }
}
