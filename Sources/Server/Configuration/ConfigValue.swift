/// A value of the configuration that is being read, with its path; gives what is expected or says
/// what is there instead.
struct ConfigValue {
    let path: String
    let node: JSONNode
    /// What `{"env": …}` looks into.
    let environment: [String: String]

    func fault(_ reason: String) -> ConfigError {
        ConfigError(path: path, at: node.place, reason)
    }

    private func unexpected(_ expected: String) -> ConfigError {
        fault("\(expected) is expected, not \(node.value.kind)")
    }

    /// The same value's part.
    private func part(_ path: String, _ node: JSONNode) -> ConfigValue {
        ConfigValue(path: path, node: node, environment: environment)
    }

    /// The keys of an object and what they hold, in the file's order.
    func members() throws(ConfigError) -> [(name: String, place: TextPlace, value: ConfigValue)] {
        guard case .object(let members) = node.value else { throw unexpected("an object") }
        return members.map { member in
            let path = path.isEmpty ? member.key : "\(path).\(member.key)"
            return (member.key, member.place, part(path, member.node))
        }
    }

    func elements(_ expected: String = "an array") throws(ConfigError) -> [ConfigValue] {
        guard case .array(let nodes) = node.value else { throw unexpected(expected) }
        return nodes.enumerated().map { part("\(path)[\($0.offset)]", $0.element) }
    }

    func whole(_ range: ClosedRange<Int>) throws(ConfigError) -> Int {
        guard case .number(let number) = node.value else { throw unexpected("a whole number") }
        guard let value = Int(exactly: number) else {
            throw fault("a whole number is expected, not \(node.text)")
        }
        guard range.contains(value) else {
            throw fault(
                "a number \(range.words) is expected, not \(value)"
            )
        }
        return value
    }

    func flag() throws(ConfigError) -> Bool {
        guard case .bool(let value) = node.value else { throw unexpected("true or false") }
        return value
    }

    /// A string, or where to find one, so that a secret need not stand in the file.
    func string() throws(ConfigError) -> String {
        if case .object = node.value { return try borrowedString() }
        guard case .string(let text) = node.value else { throw unexpected("a string") }
        return text
    }

    /// The text for an error message; never one that was taken from elsewhere, which may be a secret.
    var shown: String {
        guard case .string(let text) = node.value else { return "what was found" }
        return "\"\(text)\""
    }

    func word<T: RawRepresentable & CaseIterable>(
        _ type: T.Type = T.self
    ) throws(ConfigError) -> T where T.RawValue == String {
        let text = try string()
        if let value = T(rawValue: text) { return value }
        throw faultOfChoice(T.allCases.map(\.rawValue), text)
    }
}

extension ConfigValue {
    /// That a text is none of some words; with the nearest of them.
    func faultOfChoice(_ words: [String], _ text: String) -> ConfigError {
        let choice = words.map { "\"\($0)\"" }.joined(separator: ", ")
        let reason = "one of \(choice) is expected, not \(shown)"
        guard let nearest = Spelling.nearest(to: text, among: words) else { return fault(reason) }
        return fault("\(reason); did you mean \"\(nearest)\"?")
    }
}
