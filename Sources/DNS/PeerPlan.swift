package import MartletNet

/// How TLS begins on a connection to another server.
package enum PeerSecurity: Hashable, Sendable {
    /// After `<starttls/>` (RFC 6120 §5).
    case startTLS
    /// With the first byte (XEP-0368).
    case directTLS
}

/// A place where a peer's server may be.
package struct PeerCandidate: Hashable, Sendable {
    /// What led there.
    package enum Origin: Hashable, Sendable {
        /// An SRV record.
        case service(SRVRecord)
        /// The domain's own addresses, for want of SRV records (RFC 6120 §3.2.2).
        case domain
        /// The domain is an address.
        case literal
        /// The caller's `PeerOverride`.
        case override
    }

    package let address: SocketAddress
    package let security: PeerSecurity
    /// The name that `address` was looked up by, for TLSA records (RFC 7673 §3.3); or the address.
    package let host: String
    package let origin: Origin
    /// Whether DNSSEC proves all that led there.
    package let isSecure: Bool
}

/// Where to connect to for a domain, in this order, or why there is no such place.
package struct PeerPlan: Sendable {
    /// The domain as DNS spells it: in A-labels, an IPv6 address without its brackets.
    package let domain: String
    /// Empty if there is a `fault`.
    package let candidates: [PeerCandidate]
    package let fault: PeerFault?
    /// What was done, for who wants to know.
    package let steps: [LookupStep]
    package let took: Duration
}

/// Something that happened during a look-up.
package enum LookupStep: Hashable, Sendable {
    /// A question, when it was asked (from the look-up's begin) and what came how much later.
    case asked(DNSQuestion, at: Duration, answer: DNSAnswer, after: Duration)
    /// A conclusion: what was left out and why, or which rule applies.
    case remark(String)
}

extension LookupStep: CustomStringConvertible {
    package var description: String {
        switch self {
        case .asked(let question, let begin, let answer, let time):
            "\(question): \(answer), after \(time.inMilliseconds), asked at \(begin.inMilliseconds)"
        case .remark(let text): text
        }
    }
}

extension PeerCandidate: CustomStringConvertible {
    package var description: String {
        let way = security == .directTLS ? "direct TLS" : "STARTTLS"
        let isOfDNS = origin != .override && origin != .literal
        let proof = isSecure && isOfDNS ? ", proved by DNSSEC" : ""
        return "\(address) (\(host)), \(way), \(origin)\(proof)"
    }
}

extension PeerCandidate.Origin: CustomStringConvertible {
    package var description: String {
        switch self {
        case .service(let record): "by SRV \(record)"
        case .domain: "by the domain's own address"
        case .literal: "as the domain says"
        case .override: "as configured"
        }
    }
}

extension Duration {
    fileprivate var inMilliseconds: String {
        let (seconds, attoseconds) = components
        return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000) ms"
    }
}
