import MartletCore
import MartletXML

/// The handlers of one domain, compiled: which ones want a stanza at a phase, in their order.
///
/// Iqs are found by the namespace of their payload; messages and presences by kind. A stanza that no
/// handler wants costs one look-up, however many handlers there are.
struct PhaseTable: Sendable {
    struct Entry: Sendable {
        let match: Match
        let priority: Int
        let name: String
        let handler: Handler
        var mend: ErrorHandler?
        /// It only looks: its place among others does not matter.
        var isObserver = false
    }

    private struct Chains: Sendable {
        var message: [Entry] = []
        var presence: [Entry] = []
        /// Those that want iqs, of any kind.
        var everyIQ: [Entry] = []
        /// Those that want iqs whatever they hold.
        var anyIQ: [Entry] = []
        /// Those for one payload namespace, with those for any merged in.
        var iq: [String: [Entry]] = [:]
    }

    /// Whether anything is to be asked before a stanza is written to a client.
    let hasClientHandlers: Bool
    /// Everything, in the order in which it acts.
    let listing: [(phase: Phase, entry: Entry)]

    private var phases = [Chains](repeating: Chains(), count: Phase.allCases.count)

    /// - Throws: the two names, when two handlers tie for a place.
    init(_ entries: [(phase: Phase, entry: Entry)]) throws(PhaseConflict) {
        hasClientHandlers = entries.contains { $0.phase == .client }
        listing = Phase.allCases.flatMap { phase in
            entries.filter { $0.phase == phase }.sorted { $0.entry.priority > $1.entry.priority }
        }
        for phase in Phase.allCases {
            let sorted = entries.filter { $0.phase == phase }.map(\.entry)
                .sorted { $0.priority > $1.priority }
            try Self.refuseTies(sorted, at: phase)
            phases[phase.rawValue] = Self.chains(of: sorted)
        }
    }

    /// The handlers that may want this stanza; each still has its match to be asked.
    func candidates(at phase: Phase, for stanza: Stanza) -> [Entry] {
        // In place: a copy of the chains would retain each of them.
        switch stanza.kind {
        case .message: return phases[phase.rawValue].message
        case .presence: return phases[phase.rawValue].presence
        case .iq:
            guard let payload = stanza.payload else { return phases[phase.rawValue].anyIQ }
            // An error has a second child, which somebody may want (RFC 6120 §8.3.1).
            guard stanza.type != .error else { return phases[phase.rawValue].everyIQ }
            return phases[phase.rawValue].iq[payload.namespace] ?? phases[phase.rawValue].anyIQ
        }
    }

    private static func chains(of entries: [Entry]) -> Chains {
        var chains = Chains()
        for entry in entries {
            if entry.match.mayMatch(.message) { chains.message.append(entry) }
            if entry.match.mayMatch(.presence) { chains.presence.append(entry) }
        }
        let iqs = entries.filter { $0.match.mayMatch(.iq) }
        chains.everyIQ = iqs
        chains.anyIQ = iqs.filter { $0.match.payloadNamespaces == nil }
        for namespace in Set(iqs.flatMap { $0.match.payloadNamespaces ?? [] }) {
            chains.iq[namespace] = iqs.filter {
                $0.match.payloadNamespaces?.contains(namespace) ?? true
            }
        }
        return chains
    }

    /// Two handlers with one match and one priority would run in an order that nobody chose.
    private static func refuseTies(_ sorted: [Entry], at phase: Phase) throws(PhaseConflict) {
        var seen: [String: String] = [:]
        for entry in sorted where !entry.isObserver {
            let place = "\(entry.priority) \(entry.match)"
            if let other = seen.updateValue(entry.name, forKey: place) {
                throw PhaseConflict(phase: phase, first: other, second: entry.name)
            }
        }
    }
}

/// Two modules ask for the same place in one phase.
public struct PhaseConflict: Error, CustomStringConvertible, Sendable {
    public let phase: Phase
    public let first: String
    public let second: String

    public var description: String {
        "\(first) and \(second) ask for the same match and priority in phase \(phase)"
    }
}

extension Match {
    fileprivate func mayMatch(_ kind: Stanza.Kind) -> Bool {
        alternatives.contains { $0.rootName == nil || $0.rootName == kind.name }
    }

    /// The namespaces of the iq payloads that may match, or nil where any may.
    fileprivate var payloadNamespaces: [String]? {
        var namespaces: [String] = []
        for alternative in alternatives
        where alternative.rootName == nil || alternative.rootName == "iq" {
            guard let namespace = alternative.payload?.namespace else { return nil }
            namespaces.append(namespace)
        }
        return namespaces
    }
}
