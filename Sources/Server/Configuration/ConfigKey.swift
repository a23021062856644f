/// One key of an object in `config.json`: its place in `Target`, what it may hold and what it means.
///
/// The tables of keys are the one place that knows them: reading, the nearest key to a misspelt one,
/// the reference in README and what a reload changes all go by them.
struct ConfigKey<Target>: Sendable {
    let name: String
    let read: @Sendable (ConfigValue, inout Target) throws(ConfigError) -> Void
    /// What there is to say of it, and of the keys below it; a path is prefixed with what is given.
    let entries: @Sendable (_ prefix: String, Target) -> [ConfigurationEntry]
}

extension ConfigKey {
    /// A key that holds a value.
    ///
    /// The reference has `shown` in place of a default that depends on something else.
    init<Value>(
        _ name: String,
        _ place: any WritableKeyPath<Target, Value> & Sendable,
        _ kind: ConfigKind<Value>,
        _ meaning: String,
        _ effect: ConfigurationEntry.Effect = .reload,
        shown: String? = nil
    ) {
        self.name = name
        read = { value, target throws(ConfigError) in
            target[keyPath: place] = try kind.read(value)
        }
        entries = { prefix, target in
            [
                ConfigurationEntry(
                    path: prefix + name,
                    type: kind.type,
                    value: shown ?? kind.show(target[keyPath: place]),
                    effect: effect,
                    meaning: meaning
                )
            ]
        }
    }

    /// A key that holds an object with keys of its own.
    ///
    /// `strangers` are keys that do not belong there, with what to tell whoever put them there.
    init<Part>(
        _ name: String,
        _ place: any WritableKeyPath<Target, Part> & Sendable,
        keys: [ConfigKey<Part>],
        strangers: [String: String] = [:]
    ) {
        self.name = name
        read = { value, target throws(ConfigError) in
            try ConfigKey<Part>.fill(
                &target[keyPath: place],
                from: value,
                by: keys,
                strangers: strangers
            )
        }
        entries = { prefix, target in
            keys.flatMap { $0.entries("\(prefix)\(name).", target[keyPath: place]) }
        }
    }

    /// The same key of something that has a `Target` within.
    func inside<Outer>(
        _ place: any WritableKeyPath<Outer, Target> & Sendable
    ) -> ConfigKey<Outer> {
        ConfigKey<Outer>(
            name: name,
            read: { value, outer throws(ConfigError) in try read(value, &outer[keyPath: place]) },
            entries: { prefix, outer in entries(prefix, outer[keyPath: place]) }
        )
    }

    /// Reads an object whose keys are these; what is not there, or null, stays as it is.
    ///
    /// The keys are read in the table's order, not the file's.
    ///
    /// - Throws: `ConfigError` for a key that is none of these, or what a value does wrong.
    static func fill(
        _ target: inout Target,
        from value: ConfigValue,
        by keys: [ConfigKey],
        strangers: [String: String] = [:]
    ) throws(ConfigError) {
        let members = try value.members()
        for member in members where !keys.contains(where: { $0.name == member.name }) {
            throw ConfigError(
                path: member.value.path,
                at: member.place,
                strangers[member.name] ?? Self.unknown(member.name, among: keys.map(\.name))
            )
        }
        for key in keys {
            guard let member = members.first(where: { $0.name == key.name }) else { continue }
            if case .null = member.value.node.value { continue }
            try key.read(member.value, &target)
        }
    }

    private static func unknown(_ name: String, among names: [String]) -> String {
        guard let nearest = Spelling.nearest(to: name, among: names) else {
            return "there is no such key; known here: \(names.sorted().joined(separator: ", "))"
        }
        return "there is no such key; did you mean \"\(nearest)\"?"
    }
}
