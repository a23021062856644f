package import MartletCore

/// Why no server was found for a domain.
package enum PeerFault: Error, Hashable, Sendable {
    /// It is no name that the DNS could know.
    case malformedDomain
    /// The DNS does not know it.
    case noSuchDomain
    /// It says that it has no servers (target `.`, RFC 2782).
    case noService
    /// Neither it nor the hosts that it names have an address.
    case noAddress
    /// All of the addresses and ports are of those that `PeerPolicy` refuses.
    case refused
    /// There was no answer in time.
    case timedOut
    /// What a DNS server said, such as `SERVFAIL`.
    case failed(String)
    /// DNSSEC says that the answers are forged, or the zone is broken.
    case bogus(String)
    /// Too many look-ups are under way.
    case overloaded
    /// The resolver was closed.
    case closed
}

extension PeerFault {
    /// What whoever wrote to the domain is told (RFC 6120 §8.3.3.16, §8.3.3.17).
    ///
    /// What may be otherwise soon is a timeout, which is of the type `wait`.
    package var condition: StanzaError.Condition {
        switch self {
        case .malformedDomain, .noSuchDomain, .noService, .noAddress, .refused, .bogus:
            .remoteServerNotFound
        case .timedOut, .failed, .overloaded, .closed: .remoteServerTimeout
        }
    }

    init(_ fault: DNSFault) {
        switch fault {
        case .timedOut: self = .timedOut
        case .failed(let reason): self = .failed(reason)
        case .bogus(let reason): self = .bogus(reason)
        case .overloaded: self = .overloaded
        case .closed: self = .closed
        }
    }
}

extension PeerFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformedDomain: "this is no domain's name"
        case .noSuchDomain: "there is no such domain"
        case .noService: "the domain says that it has no XMPP servers"
        case .noAddress: "there is no address for it"
        case .refused: "its addresses or ports are refused"
        case .timedOut: DNSFault.timedOut.description
        case .failed(let reason): DNSFault.failed(reason).description
        case .bogus(let reason): DNSFault.bogus(reason).description
        case .overloaded: DNSFault.overloaded.description
        case .closed: DNSFault.closed.description
        }
    }
}
