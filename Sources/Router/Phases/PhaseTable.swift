import MartletCore
import MartletXML

/// The handlers of one domain, compiled: which ones want a stanza at a phase, in their order.
///
/// They are found by kind and by the namespaces of what is in the stanza. A stanza that no handler
/// wants costs one look-up for each of its children, however many handlers there are.
struct PhaseTable: Sendable {
    /// The handlers that may want a stanza, in their order: lent, and good as long as the table is.
    typealias Chain = ArraySlice<PhaseCell>

    /// Whether anything is to be asked before a stanza is written to a client.
    let hasClientHandlers: Bool
    /// Whether anything is to be asked before a presence is sent to one contact.
    let hasBroadcastHandlers: Bool
    /// Everything, in the order in which it acts.
    let listing: [(phase: Phase, entry: PhaseEntry)]

    /// For each phase its three kinds.
    private var chains: [KindChains] = []

    /// - Throws: the two names, when two handlers tie for a place.
    init(_ entries: [(phase: Phase, entry: PhaseEntry)]) throws(PhaseConflict) {
        hasClientHandlers = entries.contains { $0.phase == .client }
        hasBroadcastHandlers = entries.contains { $0.phase == .broadcast }
        listing = Phase.allCases.flatMap { phase in
            entries.filter { $0.phase == phase }.sorted { $0.entry.priority > $1.entry.priority }
        }
        for phase in Phase.allCases {
            let sorted = listing.filter { $0.phase == phase }.map(\.entry)
            try Self.refuseTies(sorted, at: phase)
            for kind in Self.kinds { chains.append(KindChains(sorted, for: kind)) }
        }
    }

    /// In the order of their raw values.
    private static let kinds: [Stanza.Kind] = [.message, .presence, .iq]

    /// The handlers that may want this stanza; each is still to be asked whether it `wants` it.
    func candidates(at phase: Phase, for stanza: Stanza) -> [PhaseCell] {
        // In place: a copy of the chains would retain each of them.
        let place = phase.rawValue * Self.kinds.count + Int(stanza.kind.rawValue)
        guard chains[place].isIndexed else { return chains[place].always }
        let found = chains[place].namespaces.firstFound(in: stanza.element)
        guard let found else { return chains[place].always }
        guard !found.isLast else { return chains[place].merged[found.index] }
        return chains[place].all(of: stanza.element)
    }

    /// Two handlers with one match and one priority would run in an order that nobody chose.
    private static func refuseTies(_ sorted: [PhaseEntry], at phase: Phase) throws(PhaseConflict) {
        var seen: [String: String] = [:]
        for entry in sorted where !entry.isObserver {
            let place = "\(entry.priority) \(entry.match)"
            if let other = seen.updateValue(entry.name, forKey: place) {
                throw PhaseConflict(phase: phase, first: other, second: entry.name)
            }
        }
    }
}

/// The handlers for one kind of stanza at one phase.
///
/// Chains are of addresses, which are read without counting anything; `everything` keeps what they
/// lead to.
private struct KindChains: Sendable {
    typealias Addresses = [PhaseCell]

    /// Those that want it whatever it holds.
    let always: Addresses
    /// By what it may hold; the number leads into `merged`.
    let namespaces: NamespaceIndex
    /// Those for one namespace, and those that want it always, in their order.
    let merged: [Addresses]
    /// Which places among all these are.
    private let orders: [[Int]]
    private let everything: [PhaseEntry]
    let isIndexed: Bool

    init(_ sorted: [PhaseEntry], for kind: Stanza.Kind) {
        let wanting = sorted.filter { $0.match.mayMatch(kind) }.map { $0.asked(of: kind) }
        let names = wanting.map { $0.match.payloadNamespaces(of: kind) }
        var distinct: [String] = []
        for name in names.compactMap(\.self).joined() where !distinct.contains(name) {
            distinct.append(name)
        }
        everything = wanting
        always = zip(wanting, names).filter { $0.1 == nil }.map { PhaseCell($0.0) }
        orders = distinct.map { name in
            wanting.indices.filter { names[$0]?.contains(name) ?? true }
        }
        merged = orders.map { $0.map { PhaseCell(wanting[$0]) } }
        namespaces = NamespaceIndex(distinct)
        isIndexed = !distinct.isEmpty
    }

    /// Those of all namespaces that a stanza holds: rare, so it may cost something.
    func all(of element: Element) -> Addresses {
        Set(namespaces.allFound(in: element).flatMap { orders[$0] }).sorted()
            .map { PhaseCell(everything[$0]) }
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

    /// The namespaces of what must be in a stanza of the kind, or nil where anything may.
    fileprivate func payloadNamespaces(of kind: Stanza.Kind) -> [String]? {
        var namespaces: [String] = []
        for alternative in alternatives
        where alternative.rootName == nil || alternative.rootName == kind.name {
            guard let namespace = alternative.payload?.wantedNamespace else { return nil }
            namespaces.append(namespace)
        }
        return namespaces
    }
}

extension Match.Step {
    /// The one namespace that an element has to be in; nil where any will do.
    fileprivate var wantedNamespace: String? { namespace }
}
