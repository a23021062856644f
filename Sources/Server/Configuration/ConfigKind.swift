import MartletCore
import MartletSASL

/// What a key may hold: how it is read, shown and described.
struct ConfigKind<Value: Sendable>: Sendable {
    let type: String
    let read: @Sendable (ConfigValue) throws(ConfigError) -> Value
    /// As JSON.
    let show: @Sendable (Value) -> String

    init(
        _ type: String,
        show: @escaping @Sendable (Value) -> String,
        read: @escaping @Sendable (ConfigValue) throws(ConfigError) -> Value
    ) {
        self.type = type
        self.read = read
        self.show = show
    }
}

extension ConfigKind where Value == Int {
    static func whole(_ range: ClosedRange<Int>, _ unit: String? = nil) -> Self {
        let type = ["whole number", unit.map { "of \($0)" }, range.words].compactMap(\.self)
            .joined(separator: " ")
        return Self(type, show: { "\($0)" }) { value throws(ConfigError) in
            try value.whole(range)
        }
    }
}

extension ConfigKind where Value == Duration {
    static func seconds(_ range: ClosedRange<Int> = 1...86_400) -> Self {
        Self("whole number of seconds \(range.words)", show: { "\($0.components.seconds)" }) {
            value throws(ConfigError) in .seconds(try value.whole(range))
        }
    }
}

extension ConfigKind where Value == Bool {
    static let flag = Self("true or false", show: { "\($0)" }) { value throws(ConfigError) in
        try value.flag()
    }
}

extension ConfigKind where Value == String {
    static let text = Self("text", show: { JSONText.quote($0) }) { value throws(ConfigError) in
        let text = try value.string()
        guard !text.isEmpty else { throw value.fault("it is empty") }
        return text
    }
}

extension ConfigKind {
    /// The same, where nothing may stand as well.
    func orNothing() -> ConfigKind<Value?> {
        ConfigKind<Value?>(type, show: { $0.map(show) ?? "null" }) { value throws(ConfigError) in
            try read(value)
        }
    }

    /// A list of the same; an empty one is refused where it has a consequence to tell.
    func list(orElse consequence: String? = nil) -> ConfigKind<[Value]> {
        ConfigKind<[Value]>(
            "list of \(type)s",
            show: { "[" + $0.map(show).joined(separator: ", ") + "]" }
        ) { value throws(ConfigError) in
            var all: [Value] = []
            for element in try value.elements() { all.append(try read(element)) }
            if let consequence, all.isEmpty { throw value.fault("\(consequence): it is empty") }
            return all
        }
    }
}

extension ConfigKind
where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    static var word: Self {
        let words = Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        return Self(words, show: { JSONText.quote($0.rawValue) }) { value throws(ConfigError) in
            try value.word()
        }
    }
}

extension ConfigKind where Value == JID {
    static let account = Self("account", show: { JSONText.quote($0.description) }) {
        value throws(ConfigError) in
        let text = try value.string()
        guard let jid = try? JID(text), jid.isBare, jid.hasLocalpart else {
            throw value.fault(
                "an account's address such as romeo@example.org is expected, not \(value.shown)"
            )
        }
        return jid
    }
}

extension ConfigKind where Value == SASLMechanismName {
    static func mechanism(_ allowed: [SASLMechanismName]) -> Self {
        let names = allowed.map(\.rawValue)
        return Self("mechanism", show: { JSONText.quote($0.rawValue) }) {
            value throws(ConfigError) in
            let name = try value.string()
            guard !names.contains(name) else { return SASLMechanismName(name) }
            throw value.faultOfChoice(names, name)
        }
    }
}

extension ClosedRange<Int> {
    /// For a person: `from 1 to 9`.
    var words: String { "from \(lowerBound) to \(upperBound)" }
}

/// Values as JSON writes them.
enum JSONText {
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
