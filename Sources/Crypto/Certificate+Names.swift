extension Certificate {
    /// What a stream is for, as SRV records and `SRVName`s write it (RFC 6120 §13.7.1.2).
    public enum Service: String, Sendable {
        case client = "_xmpp-client"
        case server = "_xmpp-server"
    }

    /// Whether the certificate was given to this domain (RFC 9525 §6, RFC 6120 §13.7.2).
    ///
    /// `asciiDomain` is the domain in A-labels, as DNS has it, or an address of IP without brackets. An
    /// XMPP address is compared with `domain`, the prepared domainpart in U-labels; by default the two
    /// are the same. An address is no name: it is found among the `iPAddress`es, octet by octet, and
    /// neither a `dNSName` nor an `SRVName` is one (RFC 9525 §6.1.1, §6.4).
    public func isIssued(
        to asciiDomain: String,
        domain: String? = nil,
        for service: Service
    ) -> Bool {
        let own = lowercased(domain ?? asciiDomain)
        if xmppAddresses.contains(where: { lowercased($0) == own }) { return true }
        if let address = AddressOctets(text: asciiDomain) { return addresses.contains(address) }
        let prefix = service.rawValue + "."
        return dnsNames.contains { matches($0, asciiDomain) }
            || srvNames.contains { name in
                lowercased(name).hasPrefix(prefix)
                    && matches(String(name.dropFirst(prefix.count)), asciiDomain)
            }
    }
}

/// Whether a presented identifier names a host: letters of either case, and a wildcard only as the
/// whole left-most label, for one label, above two others at least (RFC 9525 §6.3).
///
/// A host whose last label is a number is an address, or is meant to be taken for one, and has no name.
func matches(_ presented: String, _ host: String) -> Bool {
    let presented = labels(presented)
    let host = labels(host)
    guard host.count == presented.count, !host.contains(where: { $0.isEmpty || $0.contains("*") }),
        let top = host.last, !top.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return false }
    guard presented[0] == "*" else { return presented == host }
    let rest = presented.dropFirst()
    return rest.count >= 2 && rest == host.dropFirst()
}

/// The labels of a domain in lower case, without the root's dot.
private func labels(_ name: String) -> [String] {
    var name = lowercased(name)
    if name.hasSuffix(".") { name.removeLast() }
    return name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
}

/// ASCII's letters in lower case, and everything else as it is (RFC 4343 §3).
private func lowercased(_ text: String) -> String {
    String(
        decoding: text.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 },
        as: UTF8.self
    )
}
