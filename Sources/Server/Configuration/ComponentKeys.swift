/// One of `components` as it is written.
struct ComponentFields: Sendable {
    /// Must be there.
    var secret: Secret?
    var settings = ComponentSettings(secret: Secret([]))
}

extension ConfigKey<ComponentFields> {
    /// `components.<component>`.
    static let component: [ConfigKey] = [
        ConfigKey(
            "secret",
            \.secret,
            ConfigKind.secret(ofBytes: 1).orNothing(),
            "What the component proves itself by (XEP-0114).",
            shown: "(must be there)"
        ),
        ConfigKey(
            "keptByPlugin",
            \.settings.isKeptByPlugin,
            .flag,
            """
            Whether a plugin keeps this domain: within `martlet serve`, and where it has a `--role`, in the \
            process of the services.
            """
        ),
        ConfigKey(
            "connections",
            \.settings.connections,
            .whole(1...1_000),
            "Connections that it may have; stanzas go to one of them by the addresses of both ends."
        ),
        ConfigKey(
            "whenTaken",
            \.settings.whenTaken,
            .word,
            "What becomes of one more: it is refused (`conflict`), or replaces the oldest."
        ),
        ConfigKey(
            "whileAway",
            \.settings.whileAway,
            .word,
            "What becomes of stanzas while it has none: they are returned, or wait."
        ),
        ConfigKey(
            "queueStanzas",
            \.settings.queueStanzas,
            .many,
            "Stanzas that wait for it; past it `resource-constraint`."
        ),
        ConfigKey(
            "queueBytes",
            \.settings.queueBytes,
            .bytes,
            "Bytes that wait for it; past it `resource-constraint`."
        ),
        ConfigKey(
            "queueSeconds",
            \.settings.queueTime,
            .seconds(),
            "How long they wait; then they are returned."
        ),
        ConfigKey(
            "stanzaBytes",
            \.settings.stanzaBytes,
            .stanzaBytes,
            "One stanza from it; past it `policy-violation`."
        ),
        ConfigKey(
            "stanzasPerSecond",
            \.settings.stanzasPerSecond,
            .many,
            "Stanzas on one connection of it, on average; a faster one is read from more slowly."
        ),
        ConfigKey(
            "burstStanzas",
            \.settings.burstStanzas,
            .many,
            "Stanzas that may come at once before that."
        ),
        ConfigKey(
            "bytesPerSecond",
            \.settings.bytesPerSecond,
            .whole(1_024...1_073_741_824, "bytes"),
            "Bytes on one connection of it, on average; a faster one is read from more slowly."
        ),
        ConfigKey(
            "burstBytes",
            \.settings.burstBytes,
            .bytes,
            "Bytes that may come at once before that."
        ),
    ]
}

extension Configuration {
    /// `components`, which comes after `domains`.
    static let components = ConfigKey<Configuration>(
        name: "components",
        read: { value, target throws(ConfigError) in
            let domains = Set(target.settings.domains.map(\.name))
            target.settings.components = try value.byDomain {
                (value, name) throws(ConfigError) in
                guard !domains.contains(name) else {
                    throw value.fault("\(name) is one of \"domains\", and cannot be both")
                }
                var fields = ComponentFields()
                let keys = ConfigKey<ComponentFields>.component
                try ConfigKey<ComponentFields>.fill(&fields, from: value, by: keys)
                guard let secret = fields.secret else {
                    throw value.fault("a component needs a \"secret\"")
                }
                fields.settings.secret = secret
                return fields.settings
            }
        },
        entries: { prefix, _ in
            ConfigKey<ComponentFields>.component.flatMap {
                $0.entries("\(prefix)components.<component>.", ComponentFields())
            }
        }
    )
}
