import MartletCore
import MartletCrypto
import MartletNet

extension ConfigKind<Secret> {
    /// A secret of so many bytes at least; it is never shown.
    static func secret(ofBytes least: Int) -> Self {
        Self("text", show: { _ in "\"(secret)\"" }) { value throws(ConfigError) in
            let bytes = Array(try value.string().utf8)
            guard !bytes.isEmpty else { throw value.fault("it is empty") }
            guard bytes.count >= least else {
                throw value.fault("it is shorter than \(least) bytes")
            }
            return Secret(bytes)
        }
    }
}

extension ConfigKind<String> {
    /// A domain, prepared, or `*.` and a domain.
    static let peers = Self("domain", show: { JSONText.quote($0) }) { value throws(ConfigError) in
        let text = try value.string()
        let isWildcard = text.hasPrefix("*.")
        guard let jid = try? JID(isWildcard ? String(text.dropFirst(2)) : text), jid.isDomain
        else {
            throw value.fault("a domain, or \"*.\" and a domain, is expected, not \(value.shown)")
        }
        return (isWildcard ? "*." : "") + jid.domainpart
    }

    /// The name or the address of a machine.
    static let host = Self("name or address", show: { JSONText.quote($0) }) {
        value throws(ConfigError) in
        let text = try value.string()
        if SocketAddress(text, port: 0) != nil { return text }
        guard !text.contains(":"), let jid = try? JID(text), jid.isDomain else {
            throw value.fault("a name or an address without a port is expected, not \(value.shown)")
        }
        return jid.asciiDomainpart
    }

    /// `address` or `address:port`, IPv6 in brackets where there is a port.
    static let nameServer = Self("address", show: { JSONText.quote($0) }) {
        value throws(ConfigError) in
        let text = try value.string()
        guard SocketAddress(nameServer: text) != nil else {
            throw value.fault(
                "an address, such as \"192.0.2.1\" or \"[2001:db8::1]:53\", is expected,"
                    + " not \(value.shown)"
            )
        }
        return text
    }
}

extension SocketAddress {
    /// Reads one of `s2s.nameServers`; port 53 where none is said.
    init?(nameServer text: String) {
        if let address = SocketAddress(text, port: 53) {
            self = address
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        self.init(String(host), port: port)
    }
}

extension ConfigKind<[UInt8]> {
    /// A SHA-256 digest, in hexadecimal with colons or without.
    static let fingerprint = Self("digest", show: { JSONText.quote(Hex.encode($0)) }) {
        value throws(ConfigError) in
        let text = try value.string()
        guard let bytes = Hex.decode(text.filter { $0 != ":" }), bytes.count == 32 else {
            throw value.fault(
                "a SHA-256 digest of 64 hexadecimal digits is expected, not \(value.shown)"
            )
        }
        return bytes
    }
}

extension ConfigValue {
    /// An object whose keys are domains, by the domains prepared.
    func byDomain<Part>(
        _ read: (ConfigValue, String) throws(ConfigError) -> Part
    ) throws(ConfigError) -> [String: Part] {
        var all: [String: Part] = [:]
        for member in try members() {
            func fault(_ reason: String) -> ConfigError {
                ConfigError(path: member.value.path, at: member.place, reason)
            }
            guard let jid = try? JID(member.name), jid.isDomain else {
                throw fault("the name of a domain is expected")
            }
            let name = jid.domainpart
            let part = try read(member.value, name)
            guard all.updateValue(part, forKey: name) == nil else {
                throw fault("the domain \(name) is there twice")
            }
        }
        return all
    }
}
