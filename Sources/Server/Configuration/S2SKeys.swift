import MartletStreams

extension ConfigKey<S2SSettings> {
    /// `s2s`.
    static let s2s: [ConfigKey] = [
        ConfigKey("enabled", \.isEnabled, .flag, "Whether there are streams with other servers."),
        ConfigKey(
            "bidirectional",
            \.isBidirectional,
            .flag,
            "Whether one stream may carry both directions (XEP-0288)."
        ),
        ConfigKey(
            "streamManagement",
            \.hasStreamManagement,
            .flag,
            "Whether stanzas are acknowledged (XEP-0198), where the other server can."
        ),
        ConfigKey(
            "tls",
            \.trust.tls,
            .word,
            "Whether a stream without TLS is refused; `optional` is for servers that have none."
        ),
        ConfigKey(
            "proof",
            \.trust.proof,
            .word,
            "What proves a server's name at least; a certificate is tried first, dialback (XEP-0220) is weaker."
        ),
        ConfigKey(
            "authorities",
            \.authorities,
            ConfigKind.text.orNothing(),
            "A PEM file with the authorities whose certificates count; null for the system's."
        ),
        ConfigKey(
            "privateAddresses",
            \.allowsPrivateAddresses,
            .flag,
            "Whether other servers may be at loopback and private addresses, which DNS can name to do harm.",
            .restart
        ),
        ConfigKey(
            "nameServers",
            \.nameServers,
            ConfigKind.nameServer.list(),
            "Whom to ask for other servers' addresses; none for those of resolv.conf(5).",
            .restart
        ),
        ConfigKey(
            "trustAnchors",
            \.trustAnchors,
            ConfigKind.text.list(),
            "DS or DNSKEY records by which DNS answers are verified (DNSSEC).",
            .restart
        ),
        ConfigKey(
            "dialbackSecret",
            \.dialbackSecret,
            ConfigKind.secret(ofBytes: 16).orNothing(),
            "Of which dialback keys are made, 16 bytes at least; null for the server's own.",
            .restart
        ),
        ConfigKey(
            "allow",
            \.lists.allow,
            ConfigKind.peers.list(),
            "The only servers there are streams with, where there are any; `*.example` is all names below."
        ),
        ConfigKey(
            "block",
            \.lists.block,
            ConfigKind.peers.list(),
            "Servers there are no streams with, even when they are allowed."
        ),
        peers,
        ConfigKey("limits", \.limits, keys: ConfigKey<S2SLimits>.limits),
    ]

    private static let peers = ConfigKey(
        name: "peers",
        read: { value, target throws(ConfigError) in
            target.peers = try value.byDomain { (value, _) throws(ConfigError) in
                var peer = PeerSettings()
                try ConfigKey<PeerSettings>.fill(
                    &peer,
                    from: value,
                    by: ConfigKey<PeerSettings>.peer
                )
                guard peer.address != nil || peer.port == 5269 && !peer.usesDirectTLS else {
                    let key = peer.usesDirectTLS ? "directTLS" : "port"
                    throw value.fault("there is a \"\(key)\" without the \"address\" it belongs to")
                }
                return peer
            }
        },
        entries: { prefix, _ in
            ConfigKey<PeerSettings>.peer.flatMap {
                $0.entries("\(prefix)peers.<server>.", PeerSettings())
            }
        }
    )
}

extension ConfigKey<PeerSettings> {
    /// `s2s.peers.<server>`.
    static let peer: [ConfigKey] = [
        ConfigKey(
            "address",
            \.address,
            ConfigKind.host.orNothing(),
            "The name or address of its machine, whatever the DNS says."
        ),
        ConfigKey("port", \.portNumber, .whole(1...65_535), "The TCP port there."),
        ConfigKey(
            "directTLS",
            \.usesDirectTLS,
            .flag,
            "Whether streams there begin with TLS (XEP-0368)."
        ),
        ConfigKey(
            "tls",
            \.tls,
            ConfigKind<PeerTrust.TLS>.word.orNothing(),
            "For this server alone.",
            shown: "(as for its domain)"
        ),
        ConfigKey(
            "proof",
            \.proof,
            ConfigKind<PeerTrust.Proof>.word.orNothing(),
            "For this server alone.",
            shown: "(as for its domain)"
        ),
        ConfigKey(
            "fingerprints",
            \.fingerprints,
            ConfigKind.fingerprint.list(),
            "SHA-256 digests, in hexadecimal, of certificates that prove its name, whoever signed them."
        ),
    ]
}

extension PeerSettings {
    fileprivate var portNumber: Int {
        get { Int(port) }
        set { port = UInt16(truncatingIfNeeded: newValue) }
    }
}

extension ConfigKey<DomainFields> {
    /// `domains.<domain>.s2s`.
    static let s2s: [ConfigKey] = [
        ConfigKey(
            "enabled",
            \.s2s.isEnabled,
            ConfigKind.flag.orNothing(),
            "Whether this domain has streams with other servers.",
            shown: "(s2s.enabled)"
        ),
        ConfigKey(
            "tls",
            \.s2s.tls,
            ConfigKind<PeerTrust.TLS>.word.orNothing(),
            "As `s2s.tls`, for this domain's streams.",
            shown: "(s2s.tls)"
        ),
        ConfigKey(
            "proof",
            \.s2s.proof,
            ConfigKind<PeerTrust.Proof>.word.orNothing(),
            "As `s2s.proof`, for this domain's streams.",
            shown: "(s2s.proof)"
        ),
        ConfigKey(
            "allow",
            \.ownLists.allow,
            ConfigKind.peers.list(),
            "As `s2s.allow`, in its place.",
            shown: "(s2s.allow)"
        ),
        ConfigKey(
            "block",
            \.ownLists.block,
            ConfigKind.peers.list(),
            "As `s2s.block`, in its place.",
            shown: "(s2s.block)"
        ),
    ]
}

extension DomainFields {
    /// Begins with those of all domains, so that of two keys the one that is not there stays.
    fileprivate var ownLists: PeerLists {
        get { s2s.lists ?? usualLists }
        set { s2s.lists = newValue }
    }
}
