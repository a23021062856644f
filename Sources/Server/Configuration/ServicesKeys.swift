extension ConfigKey<ServicesSettings> {
    static let services: [ConfigKey] = [
        ConfigKey(
            "join",
            \.join,
            .hostAndPort,
            "Where `martlet serve --role services` finds the main process: its listener for components.",
            .restart
        ),
        ConfigKey(
            "tls",
            \.tls,
            ConfigKind<ServicesSettings.TLSUse>.word,
            "Whether that is secured: `direct` for a listener that has `\"tls\": \"direct\"`.",
            .restart
        ),
        ConfigKey(
            "authorities",
            \.authorities,
            ConfigKind.text.orNothing(),
            "A PEM file with the authorities whose word counts for the main process; null for the system's.",
            .restart
        ),
        ConfigKey(
            "name",
            \.name,
            ConfigKind.text.orNothing(),
            "Whom the main process's certificate must be for, such as its first domain.",
            .restart,
            shown: "(the host of join)"
        ),
    ]
}

extension ConfigKind<HostAndPort> {
    static let hostAndPort = Self("`host:port`", show: { JSONText.quote($0.description) }) {
        value throws(ConfigError) in
        guard let place = HostAndPort(try value.string()) else {
            throw value.fault("a host and a port are expected, such as \"127.0.0.1:5347\"")
        }
        return place
    }
}
