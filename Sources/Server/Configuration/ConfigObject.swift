/// An object of the configuration that is being read: gives typed values, and knows which keys it was
/// asked for, so that one that nobody asks for is found.
struct ConfigObject {
    let path: String
    let line: Int
    private let members: [(key: String, node: JSONNode)]
    private var known: [String] = []

    /// - Throws: `ConfigError` for a value that is no object.
    init(_ node: JSONNode, path: String) throws(ConfigError) {
        guard case .object(let members) = node.value else {
            throw ConfigError(
                path: path,
                line: node.line,
                "an object is expected, not \(node.value.kind)"
            )
        }
        self.path = path
        self.members = members
        line = node.line
    }

    /// The keys, in the file's order; for objects whose keys are names.
    var keys: [String] { members.map(\.key) }

    mutating func node(_ key: String) -> JSONNode? {
        known.append(key)
        guard let node = members.first(where: { $0.key == key })?.node else { return nil }
        if case .null = node.value { return nil }
        return node
    }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func fault(_ key: String, _ reason: String) -> ConfigError {
        let line = members.first { $0.key == key }?.node.line ?? line
        return ConfigError(path: path(of: key), line: line, reason)
    }

    private func unexpected(_ key: String, _ expected: String, _ node: JSONNode) -> ConfigError {
        fault(key, "\(expected) is expected, not \(node.value.kind)")
    }

    mutating func object(_ key: String) throws(ConfigError) -> ConfigObject? {
        guard let node = node(key) else { return nil }
        return try ConfigObject(node, path: path(of: key))
    }

    mutating func string(_ key: String) throws(ConfigError) -> String? {
        guard let node = node(key) else { return nil }
        guard case .string(let text) = node.value else {
            throw unexpected(key, "a string", node)
        }
        return text
    }

    mutating func strings(_ key: String) throws(ConfigError) -> [String]? {
        guard let node = node(key) else { return nil }
        guard case .array(let elements) = node.value else {
            throw unexpected(key, "an array of strings", node)
        }
        var strings: [String] = []
        for element in elements {
            guard case .string(let text) = element.value else {
                throw unexpected(key, "an array of strings", node)
            }
            strings.append(text)
        }
        return strings
    }

    mutating func bool(_ key: String) throws(ConfigError) -> Bool? {
        guard let node = node(key) else { return nil }
        guard case .bool(let value) = node.value else {
            throw unexpected(key, "true or false", node)
        }
        return value
    }

    mutating func integer(
        _ key: String,
        _ range: ClosedRange<Int>
    ) throws(ConfigError) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .number(let number) = node.value, let value = Int(exactly: number) else {
            throw unexpected(key, "a whole number", node)
        }
        guard range.contains(value) else {
            throw fault(
                key,
                "a number from \(range.lowerBound) to \(range.upperBound) is expected, not \(value)"
            )
        }
        return value
    }

    /// One of a few words.
    mutating func choice<T: RawRepresentable & CaseIterable>(
        _ key: String,
        _ type: T.Type
    ) throws(ConfigError) -> T? where T.RawValue == String {
        guard let text = try string(key) else { return nil }
        if let value = T(rawValue: text) { return value }
        let words = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw fault(key, "one of \(words) is expected, not \"\(text)\"")
    }

    /// - Throws: `ConfigError` for a key that nobody asked for, with the nearest that somebody did.
    func refuseUnknown() throws(ConfigError) {
        for member in members where !known.contains(member.key) {
            var reason = "there is no such key"
            if let nearest = Spelling.nearest(to: member.key, among: known) {
                reason += "; did you mean \"\(nearest)\"?"
            } else {
                reason += "; known here: \(known.sorted().joined(separator: ", "))"
            }
            throw fault(member.key, reason)
        }
    }
}

/// How far words are from each other.
enum Spelling {
    /// The word that differs in the fewest letters, if it differs in less than half of them.
    static func nearest(to word: String, among words: [String]) -> String? {
        let ranked = words.map { (distance(word.lowercased(), $0.lowercased()), $0) }
        guard let best = ranked.min(by: { $0.0 < $1.0 }) else { return nil }
        return best.0 * 2 <= max(word.count, best.1.count) ? best.1 : nil
    }

    /// Letters to insert, delete or change (Levenshtein).
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var row = Array(0...right.count)
        for (i, one) in left.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = previous + (one == other ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, previous + 1)
            }
        }
        return row[right.count]
    }
}
