import CPlugin
import MartletCore
import MartletRouter
import MartletXML

/// One call of a hook: what the plugin is given, and behind it what it decides by calls of the core.
///
/// The event comes first, so that the pointer a plugin has is a pointer to all of it.
struct HookEvent {
    var event: martlet_event
    let isRequest: Bool
    /// Whether the hook may wait; where it may not, `pend` is refused.
    let mayPend: Bool
    var replaced: Stanza?
    var payload: Element?
    var error: StanzaError?
    var passed: ChainValue?
    var token: martlet_token = 0
    /// What a stream that has no resource yet is, at its phase.
    var stream: StreamCall?

    init(_ event: martlet_event, isRequest: Bool, mayPend: Bool) {
        self.event = event
        self.isRequest = isRequest
        self.mayPend = mayPend
    }

    /// All of it, from the pointer that the plugin was given.
    static func at(_ event: UnsafeMutablePointer<martlet_event>) -> UnsafeMutablePointer<HookEvent>
    {
        UnsafeMutableRawPointer(event).assumingMemoryBound(to: HookEvent.self)
    }
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
    /// An event at a phase; the rest is filled in by who knows it.
    init(_ phase: Int, at site: PluginSite) {
        self.init()
        size = UInt32(MemoryLayout<martlet_event>.size)
        self.phase = UInt32(phase)
        self.site = site.handle
        instance = site.instance
    }

    mutating func carry(_ stanza: Stanza) {
        kind = stanza.abiKind
        type = stanza.type.abiType
        self.stanza = stanza.handle
    }
}
