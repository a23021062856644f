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
    private(set) var handlers: [(phase: Phase, entry: PhaseEntry)] = []
    private(set) var discovery = Discovery()
    private(set) var streamFeatures: [Element] = []
    private(set) var sessionObservers: [SessionObserver] = []
    private(set) var presenceObservers: [PresenceObserver] = []
    private(set) var rosterObservers: [RosterObserver] = []
    private(set) var accountObservers: [AccountObserver] = []
    private(set) var nonzas: [NonzaEntry] = []
    private(set) var loginFeatures: [Element] = []
    private(set) var streamHandlers: [StreamEntry] = []
    private(set) var services: [ServiceDomain] = []
    private var module = "core"

    init() {}

    mutating func add(_ added: any Module) throws {
        module = added.name
        try added.register(in: &self)
    }

    /// Registers for a phase; of several, the highest priority acts first.
    ///
    /// `name` is what lists call it, the module's by default; `mend` is asked when a handler before
    /// it failed, or it did itself.
    public mutating func on(
        _ phase: Phase,
        _ match: Match,
        priority: Int = 0,
        name: String? = nil,
        mend: ErrorHandler? = nil,
        _ handler: @escaping Handler
    ) {
        let entry = PhaseEntry(
            match: match,
            priority: priority,
            name: name ?? module,
            mend: mend,
            .function(FunctionHandler(handler))
        )
        handlers.append((phase, entry))
    }

    /// Registers an object for a phase.
    public mutating func on(
        _ phase: Phase,
        _ match: Match,
        priority: Int = 0,
        name: String? = nil,
        mend: ErrorHandler? = nil,
        standing handler: StandingHandler
    ) {
        let entry = PhaseEntry(
            match: match,
            priority: priority,
            name: name ?? module,
            mend: mend,
            .standing(handler)
        )
        handlers.append((phase, entry))
    }

    /// Registers somebody who only looks; several may have one place.
    public mutating func observe(
        _ phase: Phase,
        _ match: Match,
        priority: Int = 0,
        name: String? = nil,
        _ look: @escaping Observer
    ) {
        let entry = PhaseEntry(
            match: match,
            priority: priority,
            name: name ?? module,
            isObserver: true,
            .function(
                FunctionHandler { shard, stanza, context in
                    look(shard, stanza, context)
                    return .continue
                }
            )
        )
        handlers.append((phase, entry))
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

    public mutating func identity(
        _ category: String,
        _ type: String,
        name: String? = nil,
        of entity: Discovery.Entity = .domain
    ) {
        let identity = Discovery.Identity(category: category, type: type, name: name)
        switch entity {
        case .domain: discovery.identities.append(identity)
        case .account: discovery.accountIdentities.append(identity)
        }
    }

    /// A data form in what the domain says of itself (XEP-0128); it has a `FORM_TYPE`.
    public mutating func form(_ element: Element) {
        discovery.forms.append(element)
    }

    /// A feature of the server or, with `.account`, of its users' bare addresses (XEP-0030 §3).
    public mutating func feature(_ name: String, of entity: Discovery.Entity = .domain) {
        discovery.features[entity, default: []].insert(name)
    }

    /// Something that the domain lists among its items (XEP-0030 §4).
    public mutating func item(_ jid: JID, name: String? = nil) {
        discovery.items.append(.init(jid: jid, name: name))
    }

    /// Shown among the stream features (RFC 6120 §4.3.2): once a client is authenticated, or before,
    /// as soon as it may log in.
    public mutating func streamFeature(_ element: Element, when moment: StreamMoment = .beforeBind)
    {
        switch moment {
        case .beforeBind: streamFeatures.append(element)
        case .beforeLogin: loginFeatures.append(element)
        }
    }

    /// Looks at iqs that come before a resource is bound.
    public mutating func onStream(_ match: Match, _ handler: @escaping StreamHandler) {
        streamHandlers.append(StreamEntry(match: match, handler: handler))
    }

    /// Keeps a domain of its own under each of these: what is addressed to it, and to anybody in it,
    /// passes phase `service`.
    public mutating func service(
        _ label: String,
        category: String,
        type: String,
        name: String? = nil
    ) {
        let identity = Discovery.Identity(category: category, type: type, name: name)
        services.append(ServiceDomain(label: label, identity: identity))
    }

    /// Told of every session of the domain that begins or ends.
    public mutating func onSession(_ observer: @escaping SessionObserver) {
        sessionObservers.append(observer)
    }

    /// Told of what sessions say of themselves to all, and of their end.
    public mutating func onPresence(_ observer: @escaping PresenceObserver) {
        presenceObservers.append(observer)
    }

    /// Told of every change that users see in their rosters.
    public mutating func onRosterChange(_ observer: @escaping RosterObserver) {
        rosterObservers.append(observer)
    }

    /// Told of accounts of the domain that are made or removed, when they are.
    public mutating func onAccount(_ observer: @escaping AccountObserver) {
        accountObservers.append(observer)
    }

    /// Takes an element that bound clients send and that is no stanza.
    public mutating func onNonza(
        _ name: String,
        in namespace: String,
        _ handler: @escaping NonzaHandler
    ) {
        nonzas.append(NonzaEntry(name: name, namespace: namespace, handler: handler))
    }
}

/// Sees what a session says of itself, on its home's shard.
public typealias PresenceObserver =
    @Sendable (isolated RouterShard, Session, Stanza) -> Void

/// Sees the push that tells of a change in an account's roster.
public typealias RosterObserver = @Sendable (isolated RouterShard, JID, Stanza) -> Void

/// Sees accounts come and go, on their home's shard.
public typealias AccountObserver = @Sendable (isolated RouterShard, JID, AccountEvent) -> Void

/// What became of an account.
public enum AccountEvent: Sendable { case created, removed }

/// Takes an element of a session's client.
public typealias NonzaHandler =
    @Sendable (isolated RouterShard, Element, Session) -> Void

/// Who takes which element.
struct NonzaEntry: Sendable {
    let name: String
    let namespace: String
    let handler: NonzaHandler
}

/// Answers one request.
public typealias IQHandler =
    @Sendable (isolated RouterShard, Stanza, Context) async throws(StanzaError) -> Element?

/// What became of a session.
public enum SessionEvent: Sendable {
    case bound
    /// Its client is back on another connection, where nothing has been written yet (XEP-0198 §5).
    case resumed
    case ended
}

/// Sees sessions come and go, on their home's shard.
public typealias SessionObserver =
    @Sendable (isolated RouterShard, Session, SessionEvent) -> Void
