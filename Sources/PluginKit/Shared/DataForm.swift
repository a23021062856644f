/// A form that was filled in (XEP-0004).
public struct DataForm: Sendable {
    public static let namespace = "jabber:x:data"

    /// The values of each field; one without values has an empty list.
    public private(set) var values: [String: [String]] = [:]

    /// Reads the form among an element's children; nil when there is none.
    ///
    /// - Throws: `bad-request` when it is not one that was filled in, or not of this type (XEP-0068).
    public init?(in parent: Node, of type: String) throws(StanzaError) {
        guard let form = parent.child("x", in: Self.namespace) else { return nil }
        guard form["type"] == "submit" else {
            throw StanzaError(.badRequest, .modify, "the form is not submitted")
        }
        for field in form.children("field", in: Self.namespace) {
            guard let name = field["var"] else {
                throw StanzaError(.badRequest, .modify, "a field has no name")
            }
            values[name] = field.children("value", in: Self.namespace).map(\.text)
        }
        guard values.removeValue(forKey: "FORM_TYPE") == [type] else {
            throw StanzaError(.badRequest, .modify, "the form is of another type")
        }
    }

    /// The first value of a field; nil for none, or an empty one.
    public subscript(name: String) -> String? {
        guard let value = values[name]?.first, !value.isEmpty else { return nil }
        return value
    }

    /// The value of a yes-or-no field (XEP-0004 §3.3).
    ///
    /// - Throws: `bad-request` for what is neither.
    public func boolean(_ name: String) throws(StanzaError) -> Bool? {
        switch self[name] {
        case nil: return nil
        case "1", "true": return true
        case "0", "false": return false
        default: throw StanzaError(.badRequest, .modify, "\(name) is neither true nor false")
        }
    }
}
