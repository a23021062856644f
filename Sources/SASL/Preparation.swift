internal import MartletCore

/// A password as both sides derive keys from it (RFC 8265 §4), or nil when it cannot be one.
package func preparePassword(_ password: String) -> String? {
    try? PRECIS.opaqueString(password)
}

/// Whose account a login is for; `authzid` may name the user alone.
///
/// - Throws: `not-authorized` for a username that no account can have, `invalid-authzid` for any
///   identity but the user's own bare address (RFC 6120 §6.3.8).
func account(
    of username: String,
    authzid: String?,
    domain: String
) throws(SASLFailure) -> JID {
    guard let jid = try? JID(username, domain) else { throw .notAuthorized }
    guard let authzid else { return jid }
    guard let wanted = try? JID(authzid), wanted == jid else { throw .invalidAuthzid }
    return jid
}
