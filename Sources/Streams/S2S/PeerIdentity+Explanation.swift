public import MartletCore
internal import MartletCrypto

extension PeerIdentity {
    /// Why the peer is the server of a domain, or is not: one sentence without its full stop, which goes
    /// on from the peer's name, for logs, errors and `martlet s2s check`.
    ///
    /// What it has out of the certificate is bounded and can be printed.
    public func explanation(for domain: JID, pins: [[UInt8]] = []) -> String {
        guard let certificate else {
            guard case .untrusted(let reason) = chain else { return "it showed no certificate" }
            return "its certificate is of no use: \(reason)"
        }
        if pins.contains(certificate.fingerprint) {
            return "its certificate is one of those that our settings name for it"
        }
        return fault(of: certificate, for: domain)
            ?? "its certificate is for \(domain.domainpart), by an authority that we trust, until "
            + date(certificate.validity.upperBound)
    }

    /// What keeps the certificate from proving the domain; nil when nothing does.
    private func fault(of certificate: Certificate, for domain: JID) -> String? {
        if unixTime > certificate.validity.upperBound {
            return "its certificate expired on \(date(certificate.validity.upperBound))"
        }
        if unixTime < certificate.validity.lowerBound {
            return "its certificate is not valid before \(date(certificate.validity.lowerBound))"
        }
        switch chain {
        case .trusted: break
        case .none: return "nobody vouches for its certificate"
        case .untrusted(let reason):
            return "no authority that we trust vouches for its certificate: \(reason)"
        }
        guard !proves(domain) else { return nil }
        let names = certificate.shownNames
        guard !names.isEmpty else {
            return "its certificate has none of the names by which servers are known,"
                + " of which a common name is none"
        }
        let claim = (domain.isAddress ? "the address " : "") + domain.asciiDomainpart
        return "its certificate is for \(names), not for \(claim)"
    }
}

/// The day of a moment, as XEP-0082 writes it.
private func date(_ unixTime: Int64) -> String {
    // What no calendar has, some certificate has.
    let (microseconds, isTooFar) = unixTime.multipliedReportingOverflow(by: 1_000_000)
    guard !isTooFar else { return "a day beyond all calendars" }
    return String(DateTime.text(microseconds: microseconds).prefix { $0 != "T" })
}

extension JID {
    /// Whether the domain is an address of IP: no name ends in a number.
    fileprivate var isAddress: Bool {
        let label = domainpart.split(separator: ".").last ?? ""
        return domainpart.hasPrefix("[") || label.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension Certificate {
    /// The first of its names, to be shown to people.
    fileprivate var shownNames: String {
        var seen: Set<String> = []
        let names = (dnsNames + srvNames + xmppAddresses + ipAddresses)
            .map { $0.printable(limit: 80, keepsSpaces: false) }
            .filter { seen.insert($0).inserted }
        guard names.count > 4 else { return names.joined(separator: ", ") }
        return names.prefix(4).joined(separator: ", ") + " and \(names.count - 4) others"
    }
}
