import MartletPluginKit

/// XEP-0078: Non-SASL Authentication 2.5, obsolete; for clients that know nothing else.
///
/// Met: §3.1 with the plain text password, under TLS alone (§7), and its errors; §4, the stream feature;
/// §5, the numbers of XEP-0086 beside error conditions, which the server writes; §7, the end of a stream on
/// which SASL failed before. A resource that is taken ends the older session, as recommended.
///
/// The digest is not offered: it is SHA-1 of the stream's id and the password, so that a server must
/// keep passwords as they are. This one keeps SCRAM verifiers (RFC 5802), from which it cannot be made.
final class LegacyAuth: Plugin {
    static let about = PluginDescription(
        "legacy-auth",
        version: "1.0",
        "Lets clients without SASL log in, under TLS (XEP-0078).",
        isOffByDefault: true
    )

    private static let namespace = "jabber:iq:auth"

    let site: Site

    static func register(in registration: borrowing Registration<LegacyAuth>) {
        registration.streamFeature(
            XML("auth", in: "http://jabber.org/features/iq-auth"),
            .beforeLogin
        )
        let request = "{\(namespace)}query"
        // Before the others: XEP-0078 §3.1 and §7 let nobody fall back to this.
        registration.on(.stream, "iq/\(request)") { _, event in
            guard let stream = event.stream, stream.saslFailures > 0 else { return .continue }
            event.closeStream("policy-violation")
            return .handled
        }
        registration.on(.stream, "iq[@type='get']/\(request)") { _, event throws(StanzaError) in
            _ = try stranger(event.stream)
            return .reply(fields)
        }
        registration.on(.stream, "iq[@type='set']/\(request)", async: Self.logIn)
    }

    init(_ site: Site, _ settings: NoSettings) { self.site = site }

    /// The same for everybody, so that nobody learns which accounts there are.
    private static var fields: XML {
        XML("query", in: namespace) { query in
            query.element("username")
            query.element("password")
            query.element("resource")
        }
    }

    /// Who may log in this way: nobody without TLS, and nobody twice.
    private static func stranger(_ stream: StreamInfo?) throws(StanzaError) -> StreamInfo {
        guard let stream, stream.isEncrypted else { throw .serviceUnavailable }
        guard stream.account == nil else { throw .notAllowed }
        return stream
    }

    private static func logIn(
        _ plugin: LegacyAuth,
        _ arrival: Arrival
    ) async throws(StanzaError) -> Verdict {
        let stream = try stranger(arrival.stream)
        guard let query = arrival.stanza.payload, let name = field("username", query),
            let resource = field("resource", query)
        else { throw .notAcceptable }
        guard let password = field("password", query) else {
            let isDigest = field("digest", query) != nil
            throw StanzaError(
                .notAcceptable,
                .modify,
                isDigest ? "no digest, for want of the password" : nil
            )
        }
        guard let address = plugin.address(name, resource) else { throw .notAcceptable }
        guard try await plugin.isRight(password, of: address, from: stream.peer) else {
            throw .notAuthorized
        }
        return .logIn(address, nil)
    }

    private static func field(_ name: String, _ query: Node) -> String? {
        guard let text = query.child(name, in: namespace)?.text, !text.isEmpty else { return nil }
        return text
    }

    private func address(_ name: String, _ resource: String) -> JID? {
        guard !name.contains("@"), !name.contains("/") else { return nil }
        return JID("\(name)@\(site.domain)/\(resource)")
    }

    private func isRight(
        _ password: String,
        of address: JID,
        from peer: String
    ) async throws(StanzaError) -> Bool {
        do throws(Accounts.Fault) {
            return try await site.accounts.checkPassword(password, of: address.bare, from: peer)
        } catch {
            switch error {
            case .tooMany:
                throw StanzaError(.resourceConstraint, .wait, "too many failed attempts")
            case .failed: throw .internalServerError
            default: return false
            }
        }
    }
}
