extension ConfigKey<ServicesSettings> {
    static let services: [ConfigKey] = [
        ConfigKey(
            "join",
            \.join,
            .hostAndPort,
            "Where `martlet serve --role services` finds the main process: its listener for components.",
            .restart
        )
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
