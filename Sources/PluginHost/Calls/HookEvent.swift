import CPlugin
import MartletCore
import MartletRouter
import MartletXML

/// One call of a hook: what the plugin is given, and behind it what it decides by calls of the core.
///
/// The event comes first, so that the pointer a plugin has is a pointer to all of it. Nothing in it is
/// counted: a handler that continues makes and frees nothing.
struct HookEvent: BitwiseCopyable {
    var event: martlet_event
    var isRequest = false
    /// Whether the hook may wait; where it may not, `pend` is refused.
    var mayPend = false
    var token: martlet_token = 0
    /// What it waits for, if that is the store; counted for whoever called.
    private var awaited: Unmanaged<StoredCall>?
    /// What it decided, made when it decides something; taken by whoever called.
    private var kept: Unmanaged<HookDecision>?

    /// An event at a phase; the rest is filled in by who knows it.
    @inline(__always)
    init(_ phase: Int, at site: Unmanaged<PluginSite>, _ stanza: Stanza?) {
        event = martlet_event()
        event.size = UInt32(MemoryLayout<martlet_event>.size)
        event.phase = UInt32(truncatingIfNeeded: phase)
        if let stanza { event.carry(stanza) }
        turn(to: site)
    }

    /// An event for a chain, whose handlers are called at one site after the other.
    @inline(__always)
    init(_ phase: Int, _ stanza: Stanza) {
        event = martlet_event()
        event.size = UInt32(MemoryLayout<martlet_event>.size)
        event.phase = UInt32(truncatingIfNeeded: phase)
        event.carry(stanza)
    }

    /// Makes it the event of a plugin at a domain.
    @inline(__always)
    mutating func turn(to site: Unmanaged<PluginSite>) {
        event.site = OpaquePointer(site.toOpaque())
        event.instance = site._withUnsafeGuaranteedRef { $0.instance }
    }

    /// Whether nothing was decided by calls of the core.
    var isUntouched: Bool { kept == nil && token == 0 && awaited == nil }

    /// All of it, from the pointer that the plugin was given.
    static func at(_ event: UnsafeMutablePointer<martlet_event>) -> UnsafeMutablePointer<HookEvent>
    {
        UnsafeMutableRawPointer(event).assumingMemoryBound(to: HookEvent.self)
    }

    /// For a call of the core to write to.
    var decision: HookDecision {
        mutating get {
            if let kept { return kept.takeUnretainedValue() }
            let made = HookDecision()
            kept = Unmanaged.passRetained(made)
            return made
        }
    }

    /// What was decided, if anything; to be asked for once, when the call is over.
    mutating func takeDecision() -> HookDecision? {
        defer { kept = nil }
        return kept?.takeRetainedValue()
    }

    /// The decision so far, if one was begun.
    var begun: HookDecision? { kept?.takeUnretainedValue() }

    /// Has the handler wait for the store; false when it waits for something already, or may not.
    mutating func wait(for call: StoredCall) -> Bool {
        guard mayPend, token == 0, awaited == nil else { return false }
        awaited = .passRetained(call)
        return true
    }

    /// What it waits for, to be asked for once as ``takeDecision()``.
    mutating func takeStored() -> StoredCall? {
        defer { awaited = nil }
        return awaited?.takeRetainedValue()
    }
}

/// What the calls of one chain share: the event, which differs in little from call to call, and what it
/// points at.
struct HookFrame: BitwiseCopyable {
    var call: HookEvent
    /// The plugins of the domain.
    let sites: SiteCells
    /// The shard's number.
    let shard: Int
    // Who opened the frame keeps these.
    private let router: Unmanaged<RouterShard>
    private let stanza: Unmanaged<Stanza>
    /// What a handler before them left.
    private var value: martlet_value
    private var record: UnsafeMutablePointer<PlaceRecord>?
    /// Whose home was lent before: a plugin that routes may be called again before it returns.
    private var outer = PlaceRecord()

    /// Makes one in the room that the router has for it.
    @inline(__always)
    static func make(
        in memory: UnsafeMutableRawPointer,
        _ phase: Int,
        _ shard: RouterShard,
        _ stanza: Stanza,
        _ context: borrowing Context
    ) -> UnsafeMutablePointer<HookFrame> {
        precondition(MemoryLayout<HookFrame>.size <= StandingHandler.frameBytes)
        let frame = memory.bindMemory(to: HookFrame.self, capacity: 1)
        frame.initialize(
            to: HookFrame(
                call: HookEvent(phase, stanza),
                sites: DomainPlugins.sites(at: context.domain.attachmentAddress),
                shard: shard.shard.index,
                router: .passUnretained(shard),
                stanza: .passUnretained(stanza),
                value: martlet_value()
            )
        )
        frame.pointee.call.event.session = context.session?.serial ?? 0
        if let value = context.value {
            frame.pointee.value = martlet_value(kind: value.kind, ptr: value.pointer, drop: nil)
            frame.pointee.call.event.value = UnsafePointer(
                UnsafeMutableRawPointer(frame).advanced(by: valueOffset)
                    .assumingMemoryBound(to: martlet_value.self)
            )
        }
        return frame
    }

    /// What the chain is for.
    var kept: (RouterShard, Stanza) { (router.takeUnretainedValue(), stanza.takeUnretainedValue()) }

    /// Of a service, a plugin sees what is for its own.
    func isServed(by site: Unmanaged<PluginSite>) -> Bool {
        stanza._withUnsafeGuaranteedRef { stanza in
            site._withUnsafeGuaranteedRef { $0.serves(stanza.to) }
        }
    }

    @inline(__always)
    static func at(_ memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<HookFrame> {
        memory.assumingMemoryBound(to: HookFrame.self)
    }

    /// The event, which comes first.
    @inline(__always)
    static func event(_ memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<martlet_event> {
        memory.assumingMemoryBound(to: martlet_event.self)
    }

    private static let valueOffset = MemoryLayout<HookFrame>.offset(of: \.value) ?? 0

    /// Lends a home until `leave`.
    @inline(__always)
    mutating func place(in record: UnsafeMutablePointer<PlaceRecord>, _ place: PlaceRecord) {
        outer = record.pointee
        record.pointee = place
        self.record = record
        call.event.place = OpaquePointer(record)
    }

    @inline(__always)
    func leave() { record?.giveBack(to: outer) }
}

/// What a hook decided by calls of the core; it belongs to the thread of its call.
final class HookDecision {
    var replaced: Stanza?
    var payload: Element?
    var error: StanzaError?
    var passed: ChainValue?
    /// What a stream that has no resource yet is, at its phase.
    var stream: StreamCall?
}

/// What a plugin may learn of, and do to, a stream without a resource.
struct StreamCall {
    let peer: StreamPeer
    /// The peer's address as a text that C can point at.
    let peerText: KeptText
    var sent: [Element] = []
    var login: JID?
    /// What it is to end with.
    var end: StreamError?

    init(peer: StreamPeer) {
        self.peer = peer
        peerText = KeptText(peer.address)
    }
}

extension martlet_event {
    @inline(__always)
    mutating func carry(_ stanza: Stanza) {
        kind = stanza.abiKind
        type = stanza.type.abiType
        self.stanza = stanza.handle
    }
}
