import MartletCore
import MartletCrypto

extension TLSInfo {
    /// The addresses that the peer's certificate vouches for, if its issuer is trusted (XEP-0178 §2).
    var certifiedAddresses: [JID] {
        guard peerVerification == .valid, let der = peerCertificates.first,
            let certificate = try? Certificate(der: der)
        else { return [] }
        return certificate.xmppAddresses.compactMap { try? JID($0) }
    }
}
