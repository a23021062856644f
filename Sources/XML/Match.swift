/// Which elements someone is interested in: a small XPath.
///
/// `iq[@type='get']/{urn:xmpp:ping}ping` is an IQ request with a ping inside. A name without
/// `{namespace}` is in the content namespace; `*` is any element, `{namespace}*` any of a namespace.
/// `[@a]` asks for an attribute, `[@a='v' or @a='w']` for one of its values; both may be repeated.
/// `/` steps to a child, `|` joins alternatives.
public struct Match: Hashable, Sendable {
    /// What the alternatives between `|` are; there is at least one.
    public let alternatives: [Alternative]
    /// The text it was read from.
    public let source: String

    /// One path from the root downwards.
    public struct Alternative: Hashable, Sendable {
        /// The root first; there is at least one.
        public let steps: [Step]

        /// The root's name, or nil if any will do.
        public var rootName: String? { steps[0].name }

        /// The values of `type` that the root may have; nil if it may have any, or none.
        public var types: [String]? { steps[0].predicates.first { $0.attribute == "type" }?.values }

        /// The child that must be there, or nil if none is asked for.
        public var payload: Step? { steps.count > 1 ? steps[1] : nil }
    }

    /// A test of one element.
    public struct Step: Hashable, Sendable {
        /// Nil, if any namespace will do.
        public let namespace: String?
        /// Nil, if any name will do.
        public let name: String?
        public let predicates: [Predicate]
    }

    /// A test of one attribute, which has no namespace.
    public struct Predicate: Hashable, Sendable {
        public let attribute: String
        /// The values of which one is asked for; nil, if any will do.
        public let values: [String]?
    }

    /// Whether an element, and what is in it, is what this asks for.
    public func matches(_ element: Element) -> Bool {
        alternatives.contains { $0.matches(element, from: 0) }
    }
}

extension Match.Alternative {
    func matches(_ element: Element, from step: Int) -> Bool {
        guard steps[step].matches(element) else { return false }
        return step + 1 == steps.count
            || element.children.contains { matches($0, from: step + 1) }
    }
}

extension Match.Step {
    /// Whether an element, by itself, is what this step asks for.
    public func matches(_ element: Element) -> Bool {
        switch (name, namespace) {
        case (let name?, let namespace?):
            guard element.isNamed(name, in: namespace) else { return false }
        case (nil, let namespace?):
            guard element.isIn(namespace) else { return false }
        case (let name?, nil):
            guard element.name == name else { return false }
        case (nil, nil): break
        }
        return predicates.allSatisfy { $0.matches(element) }
    }
}

extension Match.Predicate {
    func matches(_ element: Element) -> Bool {
        guard let values else { return element[attribute] != nil }
        return values.contains { element.hasAttribute(attribute, $0) }
    }
}

extension Match: CustomStringConvertible {
    public var description: String { source }
}
