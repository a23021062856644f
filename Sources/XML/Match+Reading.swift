/// Why a text is not a match, and where.
public struct MatchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What should have stood there.
    public let expected: String
    /// Characters before the fault.
    public let offset: Int

    public var description: String { "\(expected) expected at character \(offset)" }
}

extension Match {
    /// Reads a match from its text.
    public init(_ text: String) throws(MatchError) {
        var reader = MatchReader(text)
        alternatives = try reader.alternatives()
        source = text
    }
}

/// Reads the grammar of ``Match`` by recursive descent; there is no nesting, so no depth either.
private struct MatchReader {
    private let characters: [Character]
    private var at = 0

    init(_ text: String) {
        characters = Array(text)
    }

    mutating func alternatives() throws(MatchError) -> [Match.Alternative] {
        var result = [try path()]
        while take("|") { result.append(try path()) }
        guard at == characters.count else { throw expected("'/', '[', '|' or the end") }
        return result
    }

    private mutating func path() throws(MatchError) -> Match.Alternative {
        var steps = [try step()]
        while take("/") { steps.append(try step()) }
        return Match.Alternative(steps: steps)
    }

    private mutating func step() throws(MatchError) -> Match.Step {
        skipSpace()
        var namespace: String?
        if take("{") {
            namespace = run { $0 != "}" }
            guard take("}") else { throw expected("'}'") }
        }
        let isAny = take("*")
        let name = isAny ? nil : try self.name("a name or '*'")
        var predicates: [Match.Predicate] = []
        while take("[") { predicates.append(try predicate()) }
        let isAnywhere = isAny && namespace == nil
        return Match.Step(
            namespace: isAnywhere ? nil : namespace ?? XML.contentNamespace,
            name: name,
            predicates: predicates
        )
    }

    /// Reads what stands between the brackets, and the second of them.
    private mutating func predicate() throws(MatchError) -> Match.Predicate {
        let attribute = try attribute()
        guard take("=") else {
            guard take("]") else { throw expected("'=' or ']'") }
            return Match.Predicate(attribute: attribute, values: nil)
        }
        var values = [try value()]
        while takeOr() {
            guard try self.attribute() == attribute else { throw expected("@\(attribute)") }
            guard take("=") else { throw expected("'='") }
            values.append(try value())
        }
        guard take("]") else { throw expected("' or ' or ']'") }
        return Match.Predicate(attribute: attribute, values: values)
    }

    private mutating func attribute() throws(MatchError) -> String {
        skipSpace()
        guard take("@") else { throw expected("'@'") }
        return try name("an attribute's name")
    }

    private mutating func value() throws(MatchError) -> String {
        skipSpace()
        guard let quote = characters.dropFirst(at).first, quote == "'" || quote == "\"" else {
            throw expected("a quote")
        }
        at += 1
        let value = run { $0 != quote }
        guard take(quote) else { throw expected("the closing quote") }
        return value
    }

    private mutating func name(_ what: String) throws(MatchError) -> String {
        let name = run { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "." }
        guard !name.isEmpty else { throw expected(what) }
        return name
    }

    private mutating func takeOr() -> Bool {
        let before = at
        skipSpace()
        if run(while: \.isLetter) == "or" { return true }
        at = before
        return false
    }

    private mutating func run(while isWanted: (Character) -> Bool) -> String {
        let run = characters.dropFirst(at).prefix(while: isWanted)
        at += run.count
        return String(run)
    }

    /// Takes one character, and the spaces around it.
    private mutating func take(_ character: Character) -> Bool {
        skipSpace()
        guard at < characters.count, characters[at] == character else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while at < characters.count, characters[at] == " " { at += 1 }
    }

    private func expected(_ what: String) -> MatchError { MatchError(expected: what, offset: at) }
}
