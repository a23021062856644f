import MartletDNS
import MartletNet

/// One element of `listeners` as it is written.
struct ListenerFields: Sendable {
    /// Who connects there.
    enum Kind: String, CaseIterable, Sendable { case c2s, s2s, component }

    var kind = Kind.c2s
    /// Nil for the kind's usual one.
    var tls: C2SListenerTerms.TLSUse?
    /// Nil for all of the machine's, and for components the loopback one.
    var address: String?
    /// Nil for the usual one.
    var port: Int?
    var allowsPlainWithoutTLS = false
    var isInsecure = false
}

extension ConfigKey<ListenerFields> {
    static let listener: [ConfigKey] = [
        ConfigKey(
            "type",
            \.kind,
            .word,
            "Who connects there: clients, other servers, or components (XEP-0114).",
            .restart
        ),
        ConfigKey(
            "tls",
            \.tls,
            ConfigKind<C2SListenerTerms.TLSUse>.word.orNothing(),
            "Whether streams ask for TLS (not components'), begin with it (XEP-0368), or, on a loopback address, go without.",
            .restart,
            shown: "(starttls; none for components)"
        ),
        ConfigKey(
            "address",
            \.address,
            ConfigKind.text.orNothing(),
            "`0.0.0.0` is every IPv4 address, `::` every IPv6 address.",
            .restart,
            shown: "(all; 127.0.0.1 for components)"
        ),
        ConfigKey(
            "port",
            \.port,
            ConfigKind.whole(0...65_535).orNothing(),
            "A TCP port; 0 for one that is free.",
            .restart,
            shown: "(5222, or 5223 with direct TLS; s2s 5269, or 5270; component 5347)"
        ),
        ConfigKey(
            "allowPlainWithoutTLS",
            \.allowsPlainWithoutTLS,
            .flag,
            "Whether clients' passwords may come without TLS; on loopback addresses, for load tests.",
            .restart
        ),
        ConfigKey(
            "insecure",
            \.isInsecure,
            .flag,
            "Whether components may come without TLS from a private network, such as containers': whoever sees it reads what they say, and can speak for them.",
            .restart
        ),
    ]
}

extension ListenerFields {
    /// One address, or all of the machine's.
    ///
    /// - Throws: `ConfigError` for what is no address, or terms that are for loopback alone.
    func listeners(_ value: ConfigValue) throws(ConfigError) -> [ListenerSettings] {
        let terms = try terms(value)
        let addresses = try addresses(value, UInt16(port ?? terms.usualPort))
        try checkTLS(value, of: addresses)
        return addresses.map { ListenerSettings($0, terms: terms) }
    }

    /// - Throws: `ConfigError` for what does not go with who connects there.
    private func terms(_ value: ConfigValue) throws(ConfigError) -> ListenerTerms {
        if isInsecure && kind != .component {
            throw value.fault("\"insecure\" is for listeners of type \"component\" alone")
        }
        switch kind {
        case .c2s:
            return .clients(
                C2SListenerTerms(
                    tls: tls ?? .startTLS,
                    allowsPlainWithoutTLS: allowsPlainWithoutTLS
                )
            )
        case _ where allowsPlainWithoutTLS:
            throw value.fault("\"allowPlainWithoutTLS\" is for listeners of type \"c2s\" alone")
        case .s2s:
            guard tls != C2SListenerTerms.TLSUse.none else {
                throw value.fault(
                    "\"tls\": \"none\" is not for other servers; see \"s2s.tls\""
                )
            }
            return .servers(S2SListenerTerms(isDirect: tls == .direct))
        case .component: return .components(try componentTerms(value))
        }
    }

    private func componentTerms(
        _ value: ConfigValue
    ) throws(ConfigError) -> ComponentListenerTerms {
        guard tls != .startTLS else {
            throw value.fault(
                "components know no STARTTLS: \"tls\" must be \"direct\", or \"none\""
            )
        }
        guard !isInsecure || tls != .direct else {
            throw value.fault("\"insecure\" means without TLS, and \"tls\" is \"direct\"")
        }
        return ComponentListenerTerms(isDirect: tls == .direct, isInsecure: isInsecure)
    }

    /// - Throws: `ConfigError` where others than this machine could come without TLS.
    private func checkTLS(
        _ value: ConfigValue,
        of addresses: [SocketAddress]
    ) throws(ConfigError) {
        let isLoopback = addresses.allSatisfy(\.isLoopback)
        if kind == .component { return try checkComponents(value, addresses[0], isLoopback) }
        let goesWithout = tls == C2SListenerTerms.TLSUse.none
        guard goesWithout || allowsPlainWithoutTLS, !isLoopback else { return }
        let key = goesWithout ? "\"tls\": \"none\"" : "\"allowPlainWithoutTLS\""
        throw value.fault("\(key) is for a loopback address, such as \"127.0.0.1\", alone")
    }

    private func checkComponents(
        _ value: ConfigValue,
        _ address: SocketAddress,
        _ isLoopback: Bool
    ) throws(ConfigError) {
        guard tls != .direct else { return }
        if isInsecure {
            if isLoopback {
                throw value.fault(
                    "\"insecure\" is for an \"address\" that others can reach, and this is"
                        + " \(address.host)"
                )
            }
            guard address.reach == .global else { return }
            throw value.fault(
                "\"insecure\" is for private networks, and \(address.host) is in none;"
                    + " take \"tls\": \"direct\""
            )
        }
        guard !isLoopback else { return }
        throw value.fault(
            "components come to \(address.host) with \"tls\": \"direct\" alone, or, from a private"
                + " network such as containers', with \"insecure\": true"
        )
    }

    private func addresses(
        _ value: ConfigValue,
        _ port: UInt16
    ) throws(ConfigError) -> [SocketAddress] {
        guard let address else {
            if kind == .component { return [.loopback(port: port)] }
            return [false, true].map { SocketAddress.any(port: port, isIPv6: $0) }
        }
        guard let address = SocketAddress(address, port: port) else {
            throw value.fault("an IPv4 or IPv6 address is expected, not \"\(address)\"")
        }
        return [address]
    }
}

extension ListenerTerms {
    /// RFC 6120 §14.7, XEP-0368; the others by custom.
    var usualPort: Int {
        switch self {
        case .clients(let terms): terms.tls == .direct ? 5223 : 5222
        case .servers(let terms): terms.isDirect ? 5270 : 5269
        case .components: 5347
        }
    }

    /// As `config.json` has it, for a person: `s2s direct`.
    var words: String {
        switch self {
        case .clients(let terms): "c2s \(terms.tls.rawValue)"
        case .servers(let terms): terms.isDirect ? "s2s direct" : "s2s starttls"
        case .components(let terms):
            terms.isDirect
                ? "component direct" : "component none" + (terms.isInsecure ? ", insecure" : "")
        }
    }
}

extension [ListenerSettings] {
    /// Those of a file that names none, on every address of the machine.
    static let usual: [ListenerSettings] =
        [
            ListenerTerms.clients(C2SListenerTerms(tls: .startTLS)),
            .clients(C2SListenerTerms(tls: .direct)),
            .servers(S2SListenerTerms()),
        ].flatMap { terms in
            [false, true].map {
                ListenerSettings(
                    .any(port: UInt16(terms.usualPort), isIPv6: $0),
                    terms: terms
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
