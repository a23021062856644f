extension Element {
    /// What stands directly inside an element.
    public enum Content: Sendable, Equatable {
        case element(Element)
        case text(String)
    }

    /// Elements and text directly inside, in order; two texts never follow each other.
    public var content: [Content] {
        document.read { tape in
            var result: [Content] = []
            var at = tape.contentIndex(of: index)
            let end = tape.endIndex(of: index)
            while at < end {
                let node = tape.nodes[at]
                result.append(
                    node.kind == .text
                        ? .text(tape.characters(of: node))
                        : .element(Element(document: document, index: at))
                )
                at += Int(node.span)
            }
            return result
        }
    }
}
