extension Element: Equatable {
    public static func == (left: Element, right: Element) -> Bool { left.isSame(as: right) }

    /// Whether both are the same tree; the order of attributes does not matter.
    public func isSame(as other: Element) -> Bool {
        if document === other.document, index == other.index { return true }
        return document.read { mine in
            other.document.read { theirs in
                if isRoot, other.isRoot, isEqual(mine.bytes, theirs.bytes) { return true }
                return hasSameTag(as: other, mine, theirs)
                    && hasSameContent(as: other, mine, theirs)
            }
        }
    }

    private func hasSameTag(as other: Element, _ mine: Tape, _ theirs: Tape) -> Bool {
        guard
            isEqual(
                mine.bytes(mine.nodes[index].elementName),
                theirs.bytes(theirs.nodes[other.index].elementName)
            ), namespace == other.namespace
        else { return false }
        return Set(attributes) == Set(other.attributes)
    }

    private func hasSameContent(as other: Element, _ mine: Tape, _ theirs: Tape) -> Bool {
        var left = mine.contentIndex(of: index)
        var right = theirs.contentIndex(of: other.index)
        let (leftEnd, rightEnd) = (mine.endIndex(of: index), theirs.endIndex(of: other.index))
        while left < leftEnd, right < rightEnd {
            let (one, two) = (mine.nodes[left], theirs.nodes[right])
            guard one.kind == two.kind else { return false }
            let isSame =
                one.kind == .text
                ? isEqual(mine.bytes(one.value), theirs.bytes(two.value))
                : Element(document: document, index: left)
                    .isSame(as: Element(document: other.document, index: right))
            guard isSame else { return false }
            left += Int(one.span)
            right += Int(two.span)
        }
        return left == leftEnd && right == rightEnd
    }
}
