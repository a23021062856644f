import CPlugin

/// What a plugin adds to the domains that have it; all of it goes with it.
public struct Registration<P: Plugin>: ~Copyable {
    private let site: Site

    init(_ site: Site) { self.site = site }

    /// For what one domain's settings decide: what is added by it is that domain's alone.
    ///
    /// Best used within the plugin's own `init`; later, it takes effect for the stanzas that begin
    /// their way later.
    public init(at site: Site) { self.init(site) }
}

// MARK: Requests

extension Registration where P: Plugin {
    public enum RequestType: Sendable { case get, set }

    /// Answers requests, each exactly once, without waiting: what is returned is the result's payload
    /// (nil: an empty result), what is thrown the error.
    public func onIQ(
        _ type: RequestType,
        _ name: String,
        in namespace: String,
        to target: Target,
        priority: Int = 0,
        _ answer: @escaping @Sendable (P, borrowing Event) throws(StanzaError) -> XML?
    ) {
        add(RequestHook<P>(answer), type, name, namespace, target, priority, nil)
    }

    /// The same for answers that may have to wait.
    public func onIQ(
        _ type: RequestType,
        _ name: String,
        in namespace: String,
        to target: Target,
        priority: Int = 0,
        timeout: Duration? = nil,
        async answer: @escaping @Sendable (P, Arrival) async throws(StanzaError) -> XML?
    ) {
        let hook = AsyncHook<P> { (plugin, arrival) async throws(StanzaError) in
            .reply(try await answer(plugin, arrival))
        }
        add(hook, type, name, namespace, target, priority, timeout)
    }

    private func add(
        _ hook: AnyHook,
        _ type: RequestType,
        _ name: String,
        _ namespace: String,
        _ target: Target,
        _ priority: Int,
        _ timeout: Duration?
    ) {
        [name, namespace].lendAll { texts in
            var iq = martlet_iq()
            iq.size = UInt32(MemoryLayout<martlet_iq>.size)
            iq.type = UInt32(type == .get ? MARTLET_TYPE_GET : MARTLET_TYPE_SET)
            iq.targets = target.rawValue
            iq.priority = Int32(clamping: priority)
            iq.timeout_ms = timeout?.milliseconds ?? 0
            iq.name = texts[0]
            iq.ns = texts[1]
            iq.run = hook.entry
            iq.ud = hook.pointer
            _ = Core.functions.pointee.iq?(site.handle, &iq)
        }
    }
}

// MARK: Handlers at phases

extension Registration where P: Plugin {
    /// Acts at a phase on what matches, without waiting; the highest priority acts first.
    @inlinable
    public func on(
        _ phase: Phase,
        _ match: String = "*",
        priority: Int = 0,
        name: String? = nil,
        mend: (@Sendable (P, borrowing Event) throws(StanzaError) -> Verdict)? = nil,
        _ handler: @escaping @Sendable (P, borrowing Event) throws(StanzaError) -> Verdict
    ) {
        add(Hook(handler), mend.map { Hook($0) }, phase, match, priority, name, nil)
    }

    /// The same for a handler that may have to wait: later stanzas of the same stream, or to the same
    /// account, then wait behind this one.
    public func on(
        _ phase: Phase,
        _ match: String = "*",
        priority: Int = 0,
        name: String? = nil,
        timeout: Duration? = nil,
        async handler: @escaping @Sendable (P, Arrival) async throws(StanzaError) -> Verdict
    ) {
        add(AsyncHook<P>(handler), nil, phase, match, priority, name, timeout)
    }

    /// Decides at once if it can; where it cannot (nil), the other decides and may wait.
    public func on(
        _ phase: Phase,
        _ match: String = "*",
        priority: Int = 0,
        name: String? = nil,
        timeout: Duration? = nil,
        _ quick: @escaping @Sendable (P, borrowing Event) throws(StanzaError) -> Verdict?,
        orWaiting slow: @escaping @Sendable (P, Arrival) async throws(StanzaError) -> Verdict
    ) {
        let hook = HybridHook<P>(quick, orWaiting: slow)
        add(hook, nil, phase, match, priority, name, timeout)
    }

    /// Begins what will decide without waiting for it, which costs less; where it cannot, the other decides
    /// and may wait.
    public func on(
        _ phase: Phase,
        _ match: String = "*",
        priority: Int = 0,
        name: String? = nil,
        timeout: Duration? = nil,
        beginning: @escaping @Sendable (P, borrowing Event) throws(StanzaError) -> Beginning,
        orWaiting slow: @escaping @Sendable (P, Arrival) async throws(StanzaError) -> Verdict
    ) {
        let hook = BeginningHook<P>(beginning, orWaiting: slow)
        add(hook, nil, phase, match, priority, name, timeout)
    }

    /// Only looks at what matches.
    @inlinable
    public func observe(
        _ phase: Phase,
        _ match: String = "*",
        priority: Int = 0,
        name: String? = nil,
        _ look: @escaping @Sendable (P, borrowing Event) -> Void
    ) {
        let hook = Hook { (plugin: P, event: borrowing Event) throws(StanzaError) in
            look(plugin, event)
            return .continue
        }
        add(hook, nil, phase, match, priority, name, nil, observing: true)
    }

    @usableFromInline
    func add(
        _ hook: AnyHook,
        _ mend: AnyHook?,
        _ phase: Phase,
        _ match: String,
        _ priority: Int,
        _ name: String?,
        _ timeout: Duration?,
        observing isObserver: Bool = false
    ) {
        // One `ud` serves both functions.
        let both = mend.map { MendingHook(hook, $0) } ?? hook
        [match, name ?? ""].lendAll { texts in
            var described = martlet_hook()
            described.size = UInt32(MemoryLayout<martlet_hook>.size)
            described.phase = phase.number
            described.priority = Int32(clamping: priority)
            described.flags = isObserver ? UInt32(MARTLET_HOOK_OBSERVE) : 0
            described.timeout_ms = timeout?.milliseconds ?? 0
            described.match = texts[0]
            described.name = texts[1]
            described.run = both.entry
            described.mend = mend == nil ? nil : MendingHook.mend
            described.ud = both.pointer
            _ = Core.functions.pointee.hook?(site.handle, &described)
        }
    }
}

/// A handler and the error handler that goes with it.
private final class MendingHook: AnyHook, @unchecked Sendable {
    private let hook: AnyHook
    private let mending: AnyHook

    init(_ hook: AnyHook, _ mending: AnyHook) {
        self.hook = hook
        self.mending = mending
    }

    override func run(_ event: UnsafeMutablePointer<martlet_event>) -> Int32 { hook.run(event) }

    static let mend: martlet_hook_fn = { ud, event in
        guard let ud, let event else { return Int32(MARTLET_ERROR) }
        return Unmanaged<MendingHook>.fromOpaque(ud)._withUnsafeGuaranteedRef {
            $0.mending.run(event)
        }
    }
}

// MARK: What is shown

extension Registration where P: Plugin {
    /// A feature in disco#info (XEP-0030).
    public func feature(_ name: String, of target: Target = .domain) {
        item(MARTLET_ITEM_FEATURE, target.rawValue, name, "")
    }

    public func identity(
        _ category: String,
        _ type: String,
        name: String? = nil,
        of target: Target = .domain
    ) {
        item(MARTLET_ITEM_IDENTITY, target.rawValue, "\(category)/\(type)", name ?? "")
    }

    /// A data form in the domain's disco#info (XEP-0128).
    public func form(_ xml: XML) { item(MARTLET_ITEM_FORM, 0, "", xml.text) }

    public enum StreamMoment: Sendable { case beforeLogin, beforeBind }

    /// An element among the stream features.
    public func streamFeature(_ xml: XML, _ moment: StreamMoment) {
        let flags = moment == .beforeLogin ? MARTLET_BEFORE_LOGIN : MARTLET_BEFORE_BIND
        item(MARTLET_ITEM_STREAM, UInt32(flags), "", xml.text)
    }

    /// A domain of the plugin's own, by its label (`conference`); its stanzas pass phase `service`.
    public func service(_ label: String, category: String, type: String, name: String = "") {
        item(MARTLET_ITEM_SERVICE, 0, label, "\(category)/\(type)|\(name)")
    }

    /// Documents or a log that the plugin keeps in the store, which refuses what is not declared.
    public func collection(_ name: String, isShared: Bool = false) {
        item(MARTLET_ITEM_COLLECTION, isShared ? UInt32(MARTLET_SHARED) : 0, name, "")
    }

    /// An ad-hoc command (XEP-0050): given the fields, it answers with some.
    ///
    /// The domain's administrators may run it, or all of its accounts; the server asks them for arguments.
    public func onCommand(
        _ name: String,
        title: String,
        forAdministrators: Bool = true,
        _ body: @escaping @Sendable (P, Call) async throws -> CallAnswer
    ) {
        let flags = forAdministrators ? UInt32(MARTLET_FOR_ADMINISTRATORS) : 0
        item(MARTLET_ITEM_COMMAND, flags, name, title, CallBox<P>(body))
    }

    /// A verb of the command line: `martlet plugins run <plugin> <name> …`.
    public func onVerb(
        _ name: String,
        help: String,
        _ body: @escaping @Sendable (P, Call) async throws -> CallAnswer
    ) {
        item(MARTLET_ITEM_VERB, 0, name, help, CallBox<P>(body))
    }

    private func item(
        _ kind: Int,
        _ flags: UInt32,
        _ name: String,
        _ value: String,
        _ call: AnyCallBox? = nil
    ) {
        [name, value].lendAll { texts in
            var item = martlet_item()
            item.size = UInt32(MemoryLayout<martlet_item>.size)
            item.kind = UInt32(kind)
            item.flags = flags
            item.name = texts[0]
            item.value = texts[1]
            if let call {
                item.call = AnyCallBox.call
                item.ud = Unmanaged.passRetained(call).toOpaque()
            }
            _ = Core.functions.pointee.item?(site.handle, &item)
        }
    }
}

extension Duration {
    /// At least one, so that a time of none is not taken for the usual one.
    fileprivate var milliseconds: UInt32 {
        let (seconds, attoseconds) = components
        return UInt32(clamping: max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
