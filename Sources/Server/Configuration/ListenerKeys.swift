import MartletNet

/// One element of `listeners` as it is written.
struct ListenerFields: Sendable {
    /// Who connects there.
    enum Kind: String, CaseIterable, Sendable { case c2s }

    var kind = Kind.c2s
    var tls = C2SListenerTerms.TLSUse.startTLS
    /// Nil for all of the machine's.
    var address: String?
    /// Nil for the usual one.
    var port: Int?
    var allowsPlainWithoutTLS = false
}

extension ConfigKey<ListenerFields> {
    static let listener: [ConfigKey] = [
        ConfigKey("type", \.kind, .word, "Who connects there: clients.", .restart),
        ConfigKey(
            "tls",
            \.tls,
            .word,
            "Whether clients ask for TLS, begin with it (XEP-0368), or, on a loopback address, go without.",
            .restart
        ),
        ConfigKey(
            "address",
            \.address,
            ConfigKind.text.orNothing(),
            "`0.0.0.0` is every IPv4 address, `::` every IPv6 address.",
            .restart,
            shown: "(all)"
        ),
        ConfigKey(
            "port",
            \.port,
            ConfigKind.whole(0...65_535).orNothing(),
            "A TCP port; 0 for one that is free.",
            .restart,
            shown: "(5222, or 5223 with direct TLS)"
        ),
        ConfigKey(
            "allowPlainWithoutTLS",
            \.allowsPlainWithoutTLS,
            .flag,
            "Whether passwords may come without TLS; on loopback addresses, for load tests.",
            .restart
        ),
    ]
}

extension ListenerFields {
    /// One address, or all of the machine's.
    ///
    /// - Throws: `ConfigError` for what is no address, or terms that are for loopback alone.
    func listeners(_ value: ConfigValue) throws(ConfigError) -> [ListenerSettings] {
        let port = UInt16(port ?? (tls == .direct ? 5223 : 5222))
        let terms = C2SListenerTerms(tls: tls, allowsPlainWithoutTLS: allowsPlainWithoutTLS)
        let addresses = try addresses(value, port)
        guard tls != .none && !allowsPlainWithoutTLS || addresses.allSatisfy(\.isLoopback) else {
            let key = tls == .none ? "\"tls\": \"none\"" : "\"allowPlainWithoutTLS\""
            throw value.fault("\(key) is for a loopback address, such as \"127.0.0.1\", alone")
        }
        return addresses.map { ListenerSettings($0, terms) }
    }

    private func addresses(
        _ value: ConfigValue,
        _ port: UInt16
    ) throws(ConfigError) -> [SocketAddress] {
        guard let address else {
            return [false, true].map { SocketAddress.any(port: port, isIPv6: $0) }
        }
        guard let address = SocketAddress(address, port: port) else {
            throw value.fault("an IPv4 or IPv6 address is expected, not \"\(address)\"")
        }
        return [address]
    }
}

extension [ListenerSettings] {
    /// RFC 6120 §14.7 and XEP-0368, on every address of the machine.
    static let usual: [ListenerSettings] =
        [C2SListenerTerms.TLSUse.startTLS, .direct].flatMap { tls in
            [false, true].map {
                ListenerSettings(
                    .any(port: tls == .direct ? 5223 : 5222, isIPv6: $0),
                    C2SListenerTerms(tls: tls)
                )
            }
        }

    /// Reads `listeners`.
    static func read(_ value: ConfigValue) throws(ConfigError) -> [ListenerSettings] {
        var all: [ListenerSettings] = []
        var seen: Set<SocketAddress> = []
        for element in try value.elements() {
            var fields = ListenerFields()
            try ConfigKey.fill(&fields, from: element, by: ConfigKey<ListenerFields>.listener)
            for listener in try fields.listeners(element) {
                let isNew = seen.insert(listener.address).inserted
                guard isNew || listener.address.port == 0 else {
                    throw element.fault("another listener has \(listener.address) already")
                }
                all.append(listener)
            }
        }
        guard !all.isEmpty else { throw value.fault("one listener at least is expected") }
        return all
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
