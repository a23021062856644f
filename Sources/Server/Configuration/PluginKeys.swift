import MartletPluginHost

extension ConfigKind where Value == [String: PluginChoice] {
    /// An object of plugins; settings are kept as the file has them, for the plugin's own schema.
    static let plugins = Self(
        "object of plugins",
        show: { plugins in
            let members = plugins.sorted { $0.key < $1.key }
                .map { "\(JSONText.quote($0.key)): \($0.value.text)" }
            return "{\(members.joined(separator: ", "))}"
        },
        read: { value throws(ConfigError) in
            var choices: [String: PluginChoice] = [:]
            for member in try value.members() {
                choices[member.name] = try PluginChoice(member.value)
            }
            return choices
        }
    )
}

extension PluginChoice {
    fileprivate init(_ value: ConfigValue) throws(ConfigError) {
        switch value.node.value {
        case .bool(let isOn): self = isOn ? .on(settings: "{}") : .off
        case .object: self = .on(settings: value.node.text)
        default: throw value.fault("true, false or an object with settings is expected")
        }
    }

    fileprivate var text: String {
        switch self {
        case .off: "false"
        case .on(let settings): settings == "{}" ? "true" : settings
        }
    }
}
