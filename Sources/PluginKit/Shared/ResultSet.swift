/// Which page of a result is asked for (XEP-0059).
public struct ResultSet: Hashable, Sendable {
    public static let namespace = "http://jabber.org/protocol/rsm"

    /// How many at most; zero asks for the count alone (XEP-0059 §2.7).
    public var limit: Int?
    /// Those behind the item with this id (XEP-0059 §2.2).
    public var after: String?
    /// Those before the item with this id, from the end (XEP-0059 §2.3, §2.5); empty: the last page.
    public var before: String?
    /// Those from this place on (XEP-0059 §2.6).
    public var index: Int?

    /// The first page, of whatever length.
    public init() {}

    /// Reads the `<set/>` among an element's children; without one the first page is asked for.
    ///
    /// - Throws: `bad-request` for what is no number.
    public init(in parent: Node) throws(StanzaError) {
        guard let set = parent.child("set", in: Self.namespace) else { return }
        limit = try Self.number("max", in: set)
        index = try Self.number("index", in: set)
        before = set.child("before", in: Self.namespace)?.text
        // Behind nothing is where it begins.
        after = set.child("after", in: Self.namespace)?.text
        if after?.isEmpty == true { after = nil }
    }

    private static func number(_ name: String, in set: Node) throws(StanzaError) -> Int? {
        guard let text = set.child(name, in: namespace)?.text else { return nil }
        guard let number = Int(text), number >= 0, text.utf8.first != UInt8(ascii: "+") else {
            throw StanzaError(.badRequest, .modify, "<\(name)/> is no number")
        }
        return number
    }

    /// The page is taken from the end.
    public var isBackwards: Bool { before != nil }

    /// What tells the client which page it got; a page without items has neither first nor last.
    public static func answer(
        first: String? = nil,
        last: String? = nil,
        index: Int? = nil,
        count: Int? = nil
    ) -> XML {
        XML("set", in: namespace) { set in
            if let first {
                set.element("first", ["index": index.map { String($0) }]) { $0.text(first) }
            }
            if let last { set.element("last") { $0.text(last) } }
            if let count { set.element("count") { $0.text(String(count)) } }
        }
    }
}
