import MartletXML

/// A generator with a seed (SplitMix64), so that a failure can be had again.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A tree as a test sees it: what was written must be read back as this.
struct Tree: Equatable {
    enum Node: Equatable {
        case element(Tree)
        case text(String)
    }

    struct Attribute: Hashable {
        var name: String
        var namespace: String
        var value: String
    }

    var name: String
    var namespace: String
    var attributes: Set<Attribute>
    var content: [Node]

    static let names = ["a", "body", "名", "x-y", "b.1", "_"]
    static let namespaces = ["jabber:client", "", "urn:x", "urn:a&'b", "urn:\u{E9}&"]
    static let pieces = [
        "x", " ", "\n", "\t", "\r", "\r\n", "&", "<", ">", "'", "\"", "]]>", "&amp;", "\u{1F426}",
        "\u{20AC}", "{}", "<!--", "?>",
    ]

    static func random(_ chance: inout Seeded, depth: Int = 0) -> Tree {
        var tree = Tree(
            name: pick(names, &chance),
            namespace: pick(namespaces, &chance),
            attributes: [],
            content: []
        )
        for name in names where Int.random(in: 0..<4, using: &chance) == 0 {
            let namespace = pick(["", "", XML.xmlNamespace] + namespaces, &chance)
            tree.attributes.insert(
                Attribute(name: name, namespace: namespace, value: text(&chance))
            )
        }
        guard depth < 5 else { return tree }
        for _ in 0..<Int.random(in: 0..<4, using: &chance) {
            if Bool.random(using: &chance) {
                tree.content.append(.element(random(&chance, depth: depth + 1)))
            } else {
                tree.append(text: text(&chance))
            }
        }
        return tree
    }

    mutating func append(text: String) {
        guard !text.isEmpty else { return }
        if case .text(let before) = content.last {
            content[content.count - 1] = .text(before + text)
        } else {
            content.append(.text(text))
        }
    }

    private static func text(_ chance: inout Seeded) -> String {
        (0..<Int.random(in: 0..<5, using: &chance)).map { _ in pick(pieces, &chance) }.joined()
    }

    private static func pick(_ list: [String], _ chance: inout Seeded) -> String {
        list[Int.random(in: 0..<list.count, using: &chance)]
    }
}

extension Tree {
    /// Reads a tree back through the public API, text between children by a walk over both.
    init(_ element: Element) {
        name = element.name
        namespace = element.namespace
        attributes = Set(
            element.attributes.map {
                Attribute(name: $0.name, namespace: $0.namespace ?? "", value: $0.value)
            }
        )
        content = element.content.map {
            switch $0 {
            case .element(let child): .element(Tree(child))
            case .text(let text): .text(text)
            }
        }
    }

    func write(into writer: inout ElementWriter) {
        writer.element(name, in: namespace) { writer in
            for attribute in attributes {
                writer.attribute(attribute.name, in: attribute.namespace, attribute.value)
            }
            for node in content {
                switch node {
                case .element(let tree): tree.write(into: &writer)
                case .text(let text): writer.text(text)
                }
            }
        }
    }

    /// The tree as a document.
    var element: Element {
        let wrapped = Element("wrapper", in: "urn:wrapper") { write(into: &$0) }
        return wrapped.firstChild?.detached() ?? wrapped
    }
}
