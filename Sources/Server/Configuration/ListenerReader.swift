import MartletNet

/// Reads `listeners`: where clients connect.
enum ListenerReader {
    /// RFC 6120 §14.7 and XEP-0368, on every address of the machine.
    private static let usual: [ListenerSettings] = [
        (5222, .startTLS), (5223, .direct),
    ].flatMap { (port: UInt16, tls: C2SListenerTerms.TLSUse) in
        [false, true].map {
            ListenerSettings(.any(port: port, isIPv6: $0), C2SListenerTerms(tls: tls))
        }
    }

    static func read(_ root: inout ConfigObject) throws(ConfigError) -> [ListenerSettings] {
        guard let node = root.node("listeners") else { return usual }
        guard case .array(let elements) = node.value else {
            throw root.fault("listeners", "an array is expected, not \(node.value.kind)")
        }
        var listeners: [ListenerSettings] = []
        for (index, element) in elements.enumerated() {
            listeners += try read(element, path: "listeners[\(index)]")
        }
        return listeners
    }

    private static func read(
        _ node: JSONNode,
        path: String
    ) throws(ConfigError) -> [ListenerSettings] {
        var object = try ConfigObject(node, path: path)
        let tls = try object.choice("tls", C2SListenerTerms.TLSUse.self) ?? .startTLS
        let port = try object.integer("port", 0...65_535) ?? (tls == .direct ? 5223 : 5222)
        let host = try object.string("address")
        let allowsPlain = try object.bool("allowPlainWithoutTLS") ?? false
        let addresses = try Self.addresses(host, UInt16(port), &object)
        if allowsPlain || tls == .none, !addresses.allSatisfy(\.isLoopback) {
            throw object.fault(
                allowsPlain ? "allowPlainWithoutTLS" : "tls",
                "passwords without TLS are for loopback addresses alone"
            )
        }
        try object.refuseUnknown()
        let terms = C2SListenerTerms(tls: tls, allowsPlainWithoutTLS: allowsPlain)
        return addresses.map { ListenerSettings($0, terms) }
    }

    /// One address, or all of the machine's.
    private static func addresses(
        _ host: String?,
        _ port: UInt16,
        _ object: inout ConfigObject
    ) throws(ConfigError) -> [SocketAddress] {
        guard let host else {
            return [false, true].map { SocketAddress.any(port: port, isIPv6: $0) }
        }
        guard let address = SocketAddress(host, port: port) else {
            throw object.fault("address", "an IPv4 or IPv6 address is expected, not \"\(host)\"")
        }
        return [address]
    }
}

extension SocketAddress {
    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        isIPv6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 : bytes.first == 127
    }
}

extension C2SListenerTerms.TLSUse: CaseIterable {
    public static var allCases: [C2SListenerTerms.TLSUse] { [.startTLS, .direct, .none] }
}
