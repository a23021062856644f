import MartletXML

extension Element {
    /// Whether another element is what this one describes: the same, but for `*` where any value or
    /// text will do.
    ///
    /// `*name` is any the first time, which is noted down, and that same one later.
    func describes(_ other: Element, _ noted: inout [String: String]) -> Bool {
        guard name == other.name, namespace == other.namespace,
            describesAttributes(of: other, &noted)
        else { return false }
        if text == "*" { return true }
        let (mine, others) = (Array(children), Array(other.children))
        guard mine.count == others.count else { return false }
        if mine.isEmpty { return Self.describes(text, other.text, &noted) }
        return zip(mine, others).allSatisfy { $0.describes($1, &noted) }
    }

    private func describesAttributes(of other: Element, _ noted: inout [String: String]) -> Bool {
        let (mine, others) = (attributes, other.attributes)
        guard mine.count == others.count else { return false }
        return mine.allSatisfy { attribute in
            others.contains {
                $0.name == attribute.name && $0.namespace == attribute.namespace
                    && Self.describes(attribute.value, $0.value, &noted)
            }
        }
    }

    private static func describes(
        _ pattern: String,
        _ text: String,
        _ noted: inout [String: String]
    ) -> Bool {
        guard pattern.first == "*" else { return pattern == text }
        guard pattern != "*" else { return true }
        let name = String(pattern.dropFirst())
        if let known = noted[name] { return known == text }
        noted[name] = text
        return true
    }
}
