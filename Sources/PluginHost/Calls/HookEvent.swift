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
    /// What it decided, made when it decides something; taken by whoever called.
    private var kept: Unmanaged<HookDecision>?

    /// An event at a phase; the rest is filled in by who knows it.
    @inline(__always)
    init(_ phase: Int, at site: Unmanaged<PluginSite>, _ stanza: Stanza?) {
        event = martlet_event()
        event.size = UInt32(MemoryLayout<martlet_event>.size)
        event.phase = UInt32(truncatingIfNeeded: phase)
        event.site = OpaquePointer(site.toOpaque())
        event.instance = site._withUnsafeGuaranteedRef { $0.instance }
        if let stanza { event.carry(stanza) }
    }

    /// Whether nothing was decided by calls of the core.
    var isUntouched: Bool { kept == nil && token == 0 }

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
