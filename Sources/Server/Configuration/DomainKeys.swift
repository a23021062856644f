import MartletCore
import MartletPluginHost
import MartletRouter
import MartletSASL

/// What `domains` says of one of them, as it is written.
struct DomainFields: Sendable {
    /// Who may make an account.
    enum Registration: String, CaseIterable, Sendable { case closed }

    var registration = Registration.closed
    var mechanisms: [SASLMechanismName]
    var isAnonymous = false
    var certificate: String?
    var key: String?
    var administrators: [JID] = []
    var plugins: [String: PluginChoice] = [:]
    var limits: DomainLimits
    var s2s = DomainS2SSettings()
    /// What the domain's lists begin with, if it has any.
    var usualLists = PeerLists()
}

extension ConfigKey<DomainFields> {
    static let domain: [ConfigKey] = [
        ConfigKey(
            "certificate",
            \.certificate,
            ConfigKind.text.orNothing(),
            "A PEM file with the domain's chain, where `tls.certificates` does not have it.",
            shown: "(by its name)"
        ),
        ConfigKey(
            "key",
            \.key,
            ConfigKind.text.orNothing(),
            "A PEM file with the private key to it.",
            shown: "(the same file)"
        ),
        ConfigKey(
            "mechanisms",
            \.mechanisms,
            ConfigKind.mechanism(SASLMechanismName.known).list(),
            "How accounts of the domain may log in.",
            shown: "(authentication.mechanisms)"
        ),
        ConfigKey(
            "anonymous",
            \.isAnonymous,
            .flag,
            "Whether anybody may log in without an account (ANONYMOUS, RFC 4505)."
        ),
        ConfigKey(
            "registration",
            \.registration,
            .word,
            "Who may make an account: whoever runs the server."
        ),
        ConfigKey(
            "administrators",
            \.administrators,
            ConfigKind.account.list(),
            "Accounts that may run the commands for administrators (XEP-0050) in this domain."
        ),
        ConfigKey(
            "plugins",
            \.plugins,
            .plugins,
            "Plugins of this domain, where they are not as for all."
        ),
        ConfigKey("s2s", \.self, keys: s2s),
        ConfigKey(
            "limits",
            \.limits,
            keys: ConfigKey<DomainLimits>.limits,
            strangers: limitsOfServer
        ),
    ]

    private static let limitsOfServer = Dictionary(
        ConfigKey<LimitValues>.limits.map {
            ($0.name, "there is no such key here; it belongs to the \"limits\" of the whole server")
        },
        uniquingKeysWith: { $1 }
    )
}

extension DomainFields {
    /// `usual` is what domains that say nothing have, to be shared with those that say the same.
    ///
    /// - Throws: `ConfigError` for keys that do not go together.
    func settings(
        _ name: String,
        _ value: ConfigValue,
        sharing usual: UsualMechanisms
    ) throws(ConfigError) -> DomainSettings {
        guard key == nil || certificate != nil else {
            throw value.fault("there is a \"key\" without the \"certificate\" it belongs to")
        }
        let mechanisms = usual.mechanisms(mechanisms, isAnonymous: isAnonymous)
        guard !mechanisms.isEmpty else {
            throw value.fault("nobody could log in: \"mechanisms\" is empty")
        }
        var settings = DomainSettings(
            name,
            limits: limits,
            mechanisms: mechanisms,
            certificate: certificate,
            key: key,
            administrators: administrators
        )
        settings.plugins = plugins
        settings.s2s = s2s
        return settings
    }
}

/// The mechanisms of domains that choose none, made once for thousands of them.
struct UsualMechanisms {
    private let listed: [SASLMechanismName]
    private let withAnonymous: [SASLMechanismName]

    init(_ listed: [SASLMechanismName]) {
        self.listed = listed
        withAnonymous = Self.adding(.anonymous, to: listed)
    }

    fileprivate func mechanisms(
        _ chosen: [SASLMechanismName],
        isAnonymous: Bool
    ) -> [SASLMechanismName] {
        if chosen == listed { return isAnonymous ? withAnonymous : listed }
        return isAnonymous ? Self.adding(.anonymous, to: chosen) : chosen
    }

    private static func adding(
        _ name: SASLMechanismName,
        to names: [SASLMechanismName]
    ) -> [SASLMechanismName] {
        names.contains(name) ? names : names + [name]
    }
}

extension [DomainSettings] {
    /// Reads `domains`, an object whose keys are names; each begins with what all domains have.
    static func read(
        _ value: ConfigValue,
        from usual: DomainFields
    ) throws(ConfigError) -> [DomainSettings] {
        let mechanisms = UsualMechanisms(usual.mechanisms)
        let members = try value.members()
        var all: [DomainSettings] = []
        all.reserveCapacity(members.count)
        var names: Set<String> = []
        for member in members {
            func fault(_ reason: String) -> ConfigError {
                ConfigError(path: member.value.path, at: member.place, reason)
            }
            guard let jid = try? JID(member.name), jid.isDomain else {
                throw fault("the name of a domain is expected")
            }
            guard names.insert(jid.domainpart).inserted else {
                throw fault("the domain \(jid.domainpart) is there twice")
            }
            var fields = usual
            try ConfigKey.fill(&fields, from: member.value, by: ConfigKey<DomainFields>.domain)
            all.append(try fields.settings(jid.domainpart, member.value, sharing: mechanisms))
        }
        guard !all.isEmpty else { throw value.fault("one domain at least is expected") }
        return all
    }
}
