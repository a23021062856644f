public import CPlugin

/// What a handler is given: good for the call only, and on its thread.
public struct Event: ~Copyable {
    @usableFromInline let raw: UnsafeMutablePointer<martlet_event>

    @inlinable
    @inline(__always)
    init(_ raw: UnsafeMutablePointer<martlet_event>) { self.raw = raw }

    /// The domain this happens in.
    public var site: Site { Site(raw.pointee.site) }
    public var kind: Stanza.Kind { Stanza.Kind(raw.pointee.kind) }
    public var type: Stanza.StanzaType { Stanza.StanzaType(raw.pointee.type) }

    /// The stanza that passes; at phases where none does, an empty message that nobody sent.
    public var stanza: Stanza {
        if let handle = raw.pointee.stanza { return Stanza(retaining: handle) }
        return Stanza.missing
    }

    public var hasStanza: Bool { raw.pointee.stanza != nil }

    /// The home of the account that this happens to, if there is one.
    public var place: Place? { raw.pointee.place.map { Place($0, of: site) } }

    /// The session that the stanza came from or goes to.
    public var session: SessionID? { SessionID(raw.pointee.session) }

    /// The address that an event without a stanza is about.
    public var subject: JID? { JID(prepared: raw.pointee.subject) }

    /// To an error handler: what failed.
    public var error: StanzaError? {
        raw.pointee.error.map { StanzaError($0.pointee) }
    }

    /// What a handler of this same plugin left; asking for another's is a mistake that nothing can
    /// catch, so `kind` is asked for.
    public func ownValue(_ kind: UInt64) -> (any AnyObject & Sendable)? {
        guard let left = raw.pointee.value, left.pointee.kind == kind else { return nil }
        return Value.object(of: left.pointee)
    }

    /// At phase `stream`: whose stream it is.
    public var stream: StreamInfo? { StreamInfo(raw) }

    /// At phase `stream`: writes an element, before the answer.
    public func sendToStream(_ xml: XML) {
        _ = xml.text.lend { Core.functions.pointee.stream_send?(raw, $0) }
    }

    /// At phase `stream`: ends it with a stream error condition by its name (RFC 6120 §4.9.3).
    ///
    /// The verdict after it is `handled`; nothing else is sent.
    public func closeStream(_ condition: String) {
        _ = condition.lend { Core.functions.pointee.stream_close?(raw, $0) }
    }

    /// What is left of it for a handler that waits.
    public var arrival: Arrival {
        Arrival(
            site: site,
            stanza: stanza,
            session: session,
            account: place?.account,
            subject: subject,
            error: error,
            stream: stream
        )
    }
}

/// A client's stream without a resource.
public struct StreamInfo: Sendable {
    public let isEncrypted: Bool
    /// The domain that the client named.
    public let domain: String
    /// The address of its machine, without a port.
    public let peer: String
    /// Who logged in, if anybody.
    public let account: JID?
    /// How many attempts to log in by SASL failed on it.
    public let saslFailures: Int

    init?(_ event: UnsafeMutablePointer<martlet_event>) {
        guard event.pointee.phase == UInt32(MARTLET_PHASE_STREAM) else { return nil }
        var stream = martlet_stream()
        stream.size = UInt32(MemoryLayout<martlet_stream>.size)
        guard Core.functions.pointee.stream?(event, &stream) == Int32(MARTLET_OK) else {
            return nil
        }
        isEncrypted = stream.is_encrypted != 0
        domain = stream.domain.string
        peer = stream.peer.string
        account = JID(prepared: stream.account)
        saslFailures = Int(stream.sasl_failures)
    }
}

/// What a handler that waits is given: all of it stays good.
public struct Arrival: Sendable {
    /// The domain this happens in.
    public let site: Site
    public let stanza: Stanza
    public let session: SessionID?
    /// The bare address of the account that it happens to.
    public let account: JID?
    public let subject: JID?
    public let error: StanzaError?
    public let stream: StreamInfo?
}

extension Stanza {
    /// Stands in where an event has no stanza.
    static let missing: Stanza = {
        let made = Stanza(.message, type: .normal, to: nil)
        // The host always makes one of nothing.
        return made ?? Stanza(owning: OpaquePointer(bitPattern: 1).unsafelyUnwrapped)
    }()
}
