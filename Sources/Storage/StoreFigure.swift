/// A number, or a state, that an operator may read of a store.
public struct StoreFigure: Hashable, Sendable {
    /// Words parted by dots, the more general first: `writes.queued`.
    public var name: String
    /// A number, or a word and what else there is to say; without secrets.
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, _ value: Int) { self.init(name, String(value)) }
}

extension Store {
    /// Nothing, where there is nothing to look after.
    public var figures: [StoreFigure] { [] }
}
