public import MartletCore
public import MartletXML

/// A feature: what is not the core registers here.
public protocol Module: Sendable {
    /// The name in `config.json`, logs and conflicts.
    var name: String { get }

    func register(in registration: inout Registration) throws
}

/// What a module may add to domains.
///
/// All of it goes when a domain is built anew without the module.
public struct Registration {
    private(set) var handlers: [(phase: Phase, entry: PhaseTable.Entry)] = []
    private(set) var discovery = Discovery()
    private(set) var streamFeatures: [Element] = []
    private(set) var sessionObservers: [SessionObserver] = []
    private var module = "core"

    init() {}

    mutating func add(_ added: any Module) throws {
        module = added.name
        try added.register(in: &self)
    }

    /// Registers for a phase; of several, the highest priority acts first.
    public mutating func on(
        _ phase: Phase,
        _ match: Match,
        priority: Int = 0,
        _ handler: @escaping Handler
    ) {
        handlers.append(
            (
                phase,
                PhaseTable.Entry(match: match, priority: priority, name: module, handler: handler)
            )
        )
    }

    /// Answers a request addressed to the domain or, on their behalf, to its accounts.
    ///
    /// What the handler returns is the result's payload (nil: an empty result); what it throws becomes
    /// the error. So a request is answered exactly once (RFC 6120 §8.2.3).
    public mutating func onIQ(
        _ type: StanzaType,
        _ name: String,
        in namespace: String,
        to phase: Phase,
        priority: Int = 0,
        _ answer: @escaping IQHandler
    ) throws {
        let match = try Match("iq[@type='\(type.rawValue)']/{\(namespace)}\(name)")
        on(phase, match, priority: priority) { _, stanza, context in
            .pending { (shard: isolated RouterShard) async throws(StanzaError) -> Verdict in
                let payload = try await answer(shard, stanza, context)
                shard.answer(stanza, with: payload)
                return .handled
            }
        }
    }

    public mutating func identity(_ category: String, _ type: String, name: String? = nil) {
        discovery.identities.append(.init(category: category, type: type, name: name))
    }

    /// A feature of the server or, with `.account`, of its users' bare addresses (XEP-0030 §3).
    public mutating func feature(_ name: String, of entity: Discovery.Entity = .domain) {
        discovery.features[entity, default: []].insert(name)
    }

    /// Something that the domain lists among its items (XEP-0030 §4).
    public mutating func item(_ jid: JID, name: String? = nil) {
        discovery.items.append(.init(jid: jid, name: name))
    }

    /// Shown among the stream features once a client is authenticated (RFC 6120 §4.3.2).
    public mutating func streamFeature(_ element: Element) {
        streamFeatures.append(element)
    }

    /// Told of every session of the domain that begins or ends.
    public mutating func onSession(_ observer: @escaping SessionObserver) {
        sessionObservers.append(observer)
    }
}

/// Answers one request.
public typealias IQHandler =
    @Sendable (isolated RouterShard, Stanza, Context) async throws(StanzaError) -> Element?

/// What became of a session.
public enum SessionEvent: Sendable {
    case bound
    case ended
}

/// Sees sessions come and go, on their home's shard.
public typealias SessionObserver =
    @Sendable (isolated RouterShard, Session, SessionEvent) -> Void
