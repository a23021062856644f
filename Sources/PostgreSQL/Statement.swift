/// SQL with parameters `$1`, `$2` …, which a connection prepares when it first meets it.
public struct Statement: Hashable, Sendable {
    /// What a statement does to the transaction around it.
    enum Effect: Sendable { case none, begins, commits, rollsBack }

    public let text: String
    /// Whether it is never prepared by name, because it is used once, or needs what the statements
    /// before it in a round create.
    public let isUsedOnce: Bool
    /// Whether it is answered at once, but for accidents: its answer may come with the next one's.
    let isBrief: Bool
    let effect: Effect
    private let hash: Int

    public init(_ text: String) {
        self.init(text, isUsedOnce: false)
    }

    /// A statement that is sent as it is each time.
    public static func once(_ text: String) -> Statement {
        Statement(text, isUsedOnce: true)
    }

    /// A statement that is answered at once, but for accidents, so that several need not be heard one by one.
    public static func brief(_ text: String) -> Statement {
        Statement(text, isUsedOnce: false, isBrief: true)
    }

    private init(_ text: String, isUsedOnce: Bool, isBrief: Bool = false) {
        self.text = text
        self.isUsedOnce = isUsedOnce
        self.isBrief = isBrief
        effect = Effect(of: text)
        hash = text.hashValue
    }

    public static func == (left: Statement, right: Statement) -> Bool {
        left.hash == right.hash && left.text == right.text
            && left.isUsedOnce == right.isUsedOnce
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

extension Statement: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(text) }
}

extension Statement.Effect {
    /// Reads the first word; `PREPARE TRANSACTION` is no business of ours.
    fileprivate init(of text: String) {
        let letters = text.utf8.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != 0x3B }
        switch String(decoding: letters.prefix(9), as: UTF8.self).uppercased() {
        case "BEGIN", "START": self = .begins
        case "COMMIT", "END": self = .commits
        case "ROLLBACK", "ABORT": self = .rollsBack
        default: self = .none
        }
    }
}

/// A statement and what stands for its parameters.
public struct Query: Sendable {
    public var statement: Statement
    public var parameters: [Parameter]

    public init(_ statement: Statement, _ parameters: [Parameter] = []) {
        self.statement = statement
        self.parameters = parameters
    }
}
