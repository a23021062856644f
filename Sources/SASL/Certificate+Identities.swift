public import MartletCore
public import MartletCrypto

extension Certificate {
    /// The users that the certificate speaks for: its XMPP addresses that are bare and have a localpart
    /// (XEP-0178 §2), once each.
    ///
    /// Empty outside its validity. Whether a trusted authority signed it is for TLS to say.
    public func users(atUnixTime seconds: Int64) -> [JID] {
        guard isValid(atUnixTime: seconds) else { return [] }
        var users: [JID] = []
        for text in xmppAddresses {
            guard let jid = try? JID(text), jid.isBare, jid.hasLocalpart, !users.contains(jid)
            else { continue }
            users.append(jid)
        }
        return users
    }

    /// The server that the certificate speaks for: the domain that the stream says it comes from, if it
    /// was issued to it, else none (RFC 6120 §13.7.1.2).
    ///
    /// `asciiDomain` is the same domain in A-labels. Empty outside the certificate's validity.
    public func servers(
        claiming domain: JID,
        asciiDomain: String,
        atUnixTime seconds: Int64
    ) -> [JID] {
        guard isValid(atUnixTime: seconds), domain.isDomain,
            isIssued(to: asciiDomain, domain: domain.domainpart, for: .server)
        else { return [] }
        return [domain]
    }
}
