internal import Glibc

/// Addresses of IP in a domain's place (RFC 7622 §3.2, RFC 3986 §3.2.2).
enum IPLiteral {
    /// Gives what stands in the brackets of `[…]` in the form of RFC 5952; nil if it is no IPv6 address.
    ///
    /// A zone is refused: it means nothing on another machine.
    static func canonicalIPv6(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count <= 45, !text.contains(0) else { return nil }
        var address = in6_addr()
        let source = text.map { CChar(bitPattern: $0) } + [0]
        guard inet_pton(AF_INET6, source, &address) == 1 else { return nil }
        var target = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &target, socklen_t(target.count)) != nil else {
            return nil
        }
        return target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    /// Whether a name's last label is a number, so that it must be an IPv4 address and nothing else.
    ///
    /// The C library also takes `127.1`, `0177.0.0.1` and `0x7f000001` for addresses; a peer who
    /// names one of these would have us connect to a host that no rule on addresses saw.
    static func looksLikeIPv4(_ name: some BidirectionalCollection<UInt8>) -> Bool {
        let label = name.suffix(while: { $0 != UInt8(ascii: ".") })
        if label.allSatisfy(ASCII.isDigit) { return true }
        guard label.first == UInt8(ascii: "0"), let mark = label.dropFirst().first else {
            return false
        }
        return mark | 0x20 == UInt8(ascii: "x") && label.dropFirst(2).allSatisfy(ASCII.isHexDigit)
    }

    /// Whether it is four numbers up to 255, none with a zero before it.
    static func isIPv4(_ text: some Collection<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.count), part.allSatisfy(ASCII.isDigit) else {
                    return false
                }
                let value = part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
                return value <= 255 && (part.count == 1 || part.first != UInt8(ascii: "0"))
            }
    }
}

extension BidirectionalCollection {
    fileprivate func suffix(while matches: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, matches(self[index(before: start)]) {
            start = index(before: start)
        }
        return self[start...]
    }
}
