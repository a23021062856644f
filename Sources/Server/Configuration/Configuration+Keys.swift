import Logging
import MartletNet
import MartletSASL

extension Configuration {
    /// All of `config.json`; what a domain begins with is read before `domains`, and `components`, which
    /// none of them may be, behind them.
    static let keys: [ConfigKey<Configuration>] = [
        ConfigKey("limits", \.limits, keys: ConfigKey<LimitValues>.limits),
        ConfigKey("authentication", \.self, keys: authentication),
        ConfigKey("s2s", \.settings.s2s, keys: ConfigKey<S2SSettings>.s2s),
        domains,
        components,
        ConfigKey("services", \.settings.services, keys: ConfigKey<ServicesSettings>.services),
        listeners,
        ConfigKey("tls", \.settings.tls, keys: tls),
        ConfigKey("storage", \.storageFields, keys: ConfigKey<StorageFields>.storage),
        ConfigKey("logging", \.self, keys: logging),
        ConfigKey(
            "plugins",
            \.settings.plugins.choices,
            .plugins,
            "Plugins by their names: true, false, or an object with settings. See `martlet plugins`."
        ),
        ConfigKey(
            "pluginFolders",
            \.settings.plugins.folders,
            ConfigKind.text.list(),
            "Where plugins are looked for, every `libmartlet_*.so` of them.",
            .restart,
            shown: "(beside the program)"
        ),
        ConfigKey(
            "requiredPlugins",
            \.settings.plugins.required,
            ConfigKind.text.list(),
            "Plugins without which the server does not start."
        ),
        ConfigKey(
            "shards",
            \.settings.shards,
            .whole(0...1_024),
            "Threads that serve connections; 0 is one for each processor.",
            .restart
        ),
        ConfigKey(
            "resumptionLocation",
            \.settings.resumptionLocation,
            ConfigKind.text.orNothing(),
            "Host and port where a client that lost its connection should come back (XEP-0198)."
        ),
        ConfigKey(
            "shutdownSeconds",
            \.settings.shutdownTime,
            .seconds(1...3_600),
            "How long streams have to end when the server is told to stop.",
            .restart
        ),
        ConfigKey(
            "adminSocket",
            \.settings.adminSocket,
            ConfigKind.text.orNothing(),
            "The socket by which `martlet user` finds the server while it runs.",
            .restart
        ),
    ]

    private static let authentication: [ConfigKey<Configuration>] = [
        ConfigKey(
            "mechanisms",
            \.mechanisms,
            ConfigKind.mechanism(DomainSettings.usualMechanisms).list(
                orElse: "nobody could log in"
            ),
            "How accounts may log in; `-PLUS` ties the login to the TLS connection."
        ),
        // RFC 7677 §4 asks for 4,096 at least, XEP-0438 §7 for 10,000: every login makes the client
        // do this work, on a telephone perhaps, so that more than that is for operators to choose.
        ConfigKey(
            "iterations",
            \.settings.iterations,
            .whole(4_096...10_000_000),
            "Rounds of PBKDF2 in a new account's SCRAM verifiers.",
            .restart
        ),
    ]

    private static let tls: [ConfigKey<TLSFiles>] = [
        ConfigKey(
            "certificates",
            \.folder,
            ConfigKind.text.orNothing(),
            "The folder with `<domain>.pem`, or `<domain>.crt` and `<domain>.key`."
        ),
        ConfigKey(
            "makeMissing",
            \.makesMissing,
            .flag,
            "Whether a domain without a certificate gets a self-signed one."
        ),
        ConfigKey(
            "minimum",
            \.minimum,
            .word,
            "The oldest version of TLS that clients may speak."
        ),
        ConfigKey(
            "requestClientCertificates",
            \.requestsClientCertificates,
            .flag,
            "Whether clients are asked for a certificate to log in with (EXTERNAL)."
        ),
        ConfigKey(
            "clientAuthorities",
            \.clientAuthorities,
            ConfigKind.text.orNothing(),
            "A PEM file with the authorities whose client certificates count."
        ),
    ]

    private static let logging: [ConfigKey<Configuration>] = [
        ConfigKey("level", \.logLevel, .word, "The least that is worth a line.", .restart),
        ConfigKey(
            "format",
            \.logFormat,
            .word,
            "Lines for people, or JSON for machines.",
            .restart
        ),
    ]

    private static let domains = ConfigKey<Configuration>(
        name: "domains",
        read: { value, target throws(ConfigError) in
            target.settings.domains = try .read(value, from: target.domainFields)
        },
        entries: { prefix, target in
            let own = "\(prefix)domains.<domain>."
            return ConfigKey<DomainFields>.domain.flatMap { $0.entries(own, target.domainFields) }
                .map { $0.withDefault(ofAll: own) }
        }
    )

    private static let listeners = ConfigKey<Configuration>(
        name: "listeners",
        read: { value, target throws(ConfigError) in target.settings.listeners = try .read(value) },
        entries: { prefix, target in
            ConfigKey<ListenerFields>.listener.flatMap {
                $0.entries("\(prefix)listeners[].", ListenerFields())
            }
        }
    )
}

extension ConfigurationEntry {
    /// A domain's limit, with what all domains have for its default.
    fileprivate func withDefault(ofAll own: String) -> ConfigurationEntry {
        guard path.hasPrefix("\(own)limits.") else { return self }
        var entry = self
        entry.value = "(\(path.dropFirst(own.count)))"
        return entry
    }
}

// MARK: What keys see of the values

extension Configuration {
    fileprivate var limits: LimitValues {
        get {
            LimitValues(
                clients: settings.clients,
                domain: domainLimits,
                throttle: settings.throttle,
                connectionsPerAddress: settings.connectionsPerAddress,
                writeBufferBytes: settings.writeBufferBytes
            )
        }
        set {
            settings.clients = newValue.clients
            domainLimits = newValue.domain
            settings.throttle = newValue.throttle
            settings.connectionsPerAddress = newValue.connectionsPerAddress
            settings.writeBufferBytes = newValue.writeBufferBytes
        }
    }

    fileprivate var storageFields: StorageFields {
        get { StorageFields(storage) }
        set { storage = newValue.choice }
    }

    /// What a domain begins with.
    fileprivate var domainFields: DomainFields {
        DomainFields(
            mechanisms: mechanisms,
            limits: domainLimits,
            usualLists: settings.s2s.lists
        )
    }
}

private enum TLSVersionName: String, CaseIterable { case v12 = "1.2", v13 = "1.3" }

extension TLSFiles {
    fileprivate var minimum: TLSVersionName {
        get { allowsTLS12 ? .v12 : .v13 }
        set { allowsTLS12 = newValue == .v12 }
    }
}
