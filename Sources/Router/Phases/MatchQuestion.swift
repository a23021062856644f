import MartletCore
import MartletXML

/// What is left of a match once a stanza's kind is known, in the form that is asked fastest.
enum MatchQuestion: Sendable {
    /// Nothing to ask.
    case nothing
    /// Whether the stanza's type is one of these.
    case types(TypeSet)
    /// The same, and whether its first child has this name; its namespace is known to be looked for.
    case payload(TypeSet, name: String, namespace: String)
    /// The match itself.
    case everything

    /// Types of stanzas, a bit each.
    struct TypeSet: Sendable {
        private var bits: UInt32

        static let all = TypeSet(bits: .max)

        private init(bits: UInt32) { self.bits = bits }

        /// Nil where the attribute's text says more than the type: `normal` and `available` go without it,
        /// and are what an unknown one is taken for.
        init?(_ names: [String]) {
            bits = 0
            for name in names {
                guard let type = StanzaType(rawValue: name), type != .normal, type != .available
                else { return nil }
                bits |= Self.bit(of: type)
            }
        }

        @inline(__always)
        func contains(_ type: StanzaType) -> Bool { bits & Self.bit(of: type) != 0 }

        func union(_ other: TypeSet) -> TypeSet { TypeSet(bits: bits | other.bits) }

        var isAll: Bool { bits == .max }

        private static func bit(of type: StanzaType) -> UInt32 {
            switch type {
            case .get: 1
            case .set: 1 << 1
            case .result: 1 << 2
            case .normal: 1 << 3
            case .chat: 1 << 4
            case .groupchat: 1 << 5
            case .headline: 1 << 6
            case .available: 1 << 7
            case .unavailable: 1 << 8
            case .subscribe: 1 << 9
            case .subscribed: 1 << 10
            case .unsubscribe: 1 << 11
            case .unsubscribed: 1 << 12
            case .probe: 1 << 13
            case .error: 1 << 14
            }
        }
    }

    init(_ match: Match, of kind: Stanza.Kind) {
        let alternatives = match.alternatives.filter {
            $0.rootName == nil || $0.rootName == kind.name
        }
        let types = alternatives.map(\.wantedTypes)
        if alternatives.allSatisfy({ $0.steps.count == 1 }) {
            var union: TypeSet?
            for set in types {
                guard let set else {
                    self = .everything
                    return
                }
                union = union?.union(set) ?? set
            }
            guard let union else {
                self = .everything
                return
            }
            self = union.isAll ? .nothing : .types(union)
        } else if alternatives.count == 1, let set = types[0], alternatives[0].steps.count == 2,
            let payload = alternatives[0].payload, payload.predicates.isEmpty,
            let name = payload.name, let namespace = payload.namespace
        {
            self = .payload(set, name: name, namespace: namespace)
        } else {
            self = .everything
        }
    }

    /// The types that are asked for, where that is all.
    var typesAlone: TypeSet? {
        switch self {
        case .nothing: .all
        case .types(let types): types
        case .payload, .everything: nil
        }
    }

    func holds(for stanza: Stanza, _ match: Match) -> Bool {
        switch self {
        case .nothing: true
        case .types(let types): types.contains(stanza.type)
        case .payload(let types, let name, let namespace):
            types.contains(stanza.type)
                && stanza.element.child(name, in: namespace) != nil
        case .everything: match.matches(stanza.element)
        }
    }
}

extension Match.Alternative {
    /// The types that the root may have, where nothing else is asked of it; nil where something is.
    fileprivate var wantedTypes: MatchQuestion.TypeSet? {
        guard steps[0].namespace == nil || steps[0].namespace == XML.contentNamespace else {
            return nil
        }
        guard let predicate = steps[0].predicates.first else { return .all }
        guard steps[0].predicates.count == 1, predicate.attribute == "type",
            let values = predicate.values
        else { return nil }
        return MatchQuestion.TypeSet(values)
    }
}
