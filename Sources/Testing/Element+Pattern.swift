import MartletXML

extension Element {
    /// Whether another element is what this one describes: the same, but for `*` where any value or
    /// text will do.
    func describes(_ other: Element) -> Bool {
        guard name == other.name, namespace == other.namespace,
            describesAttributes(of: other)
        else { return false }
        if text == "*" { return true }
        let (mine, others) = (Array(children), Array(other.children))
        guard mine.count == others.count else { return false }
        if mine.isEmpty { return text == other.text }
        return zip(mine, others).allSatisfy { $0.describes($1) }
    }

    private func describesAttributes(of other: Element) -> Bool {
        let (mine, others) = (attributes, other.attributes)
        guard mine.count == others.count else { return false }
        return mine.allSatisfy { attribute in
            others.contains {
                $0.name == attribute.name && $0.namespace == attribute.namespace
                    && (attribute.value == "*" || $0.value == attribute.value)
            }
        }
    }
}
