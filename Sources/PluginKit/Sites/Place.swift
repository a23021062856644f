import CPlugin

/// The home of an account, lent for one call: its sessions, and what the plugin keeps with them.
public struct Place: ~Copyable {
    let raw: OpaquePointer
    let site: Site

    init(_ raw: OpaquePointer, of site: Site) {
        self.raw = raw
        self.site = site
    }

    /// The account's bare address; nil where there is none.
    public var account: JID? { JID(prepared: Core.functions.pointee.account?(raw) ?? .none) }

    /// All bound sessions of the account, in the order of their binding.
    public var sessions: [SessionInfo] {
        final class Found { var all: [SessionInfo] = [] }
        let found = Found()
        withExtendedLifetime(found) {
            _ = Core.functions.pointee.sessions?(
                raw,
                { ud, session in
                    guard let ud, let session else { return }
                    Unmanaged<Found>.fromOpaque(ud).takeUnretainedValue()
                        .all.append(SessionInfo(session.pointee))
                },
                Unmanaged.passUnretained(found).toOpaque()
            )
        }
        return found.all
    }

    /// How many they are, without making a list of them.
    public var sessionCount: Int {
        max(0, Int(Core.functions.pointee.session_count?(raw) ?? 0))
    }

    /// Writes a stanza straight to one session's client, past all phases but `client`.
    @discardableResult
    public func send(_ stanza: Stanza, to session: SessionID) -> Bool {
        Core.functions.pointee.send?(site.handle, raw, session.serial, stanza.handle) == 0
    }

    /// Writes an element that is no stanza.
    @discardableResult
    public func send(nonza: XML, to session: SessionID) -> Bool {
        nonza.text.lend {
            Core.functions.pointee.send_nonza?(site.handle, raw, session.serial, $0) == 0
        }
    }

    /// Puts another available presence in the place of a session's last one, and tells it to the
    /// account's own sessions and these contacts; who asks later is told it too.
    ///
    /// - Returns: whether it did; false when the session is not available.
    @discardableResult
    public func announce(_ presence: Stanza, of session: SessionID, to contacts: [JID]) -> Bool {
        contacts.map(\.description).lendAll {
            Core.functions.pointee.announce?(
                site.handle,
                raw,
                session.serial,
                presence.handle,
                $0.baseAddress,
                $0.count
            ) == 0
        }
    }

    /// Ends a session's stream with an error by its name (RFC 6120 §4.9.3).
    @discardableResult
    public func close(_ session: SessionID, _ condition: String) -> Bool {
        condition.lend {
            Core.functions.pointee.close?(site.handle, raw, session.serial, $0) == 0
        }
    }
}

// MARK: What the plugin keeps

extension Place {
    /// What this plugin keeps with a session, or (nil) with the account while it has sessions.
    @inlinable
    public func state<T: AnyObject & Sendable>(
        _ type: T.Type,
        of session: SessionID? = nil
    ) -> T? {
        guard let kept = kept(of: session) else { return nil }
        return Unmanaged<AnyObject>.fromOpaque(kept).takeUnretainedValue() as? T
    }

    @usableFromInline
    func kept(of session: SessionID?) -> UnsafeMutableRawPointer? {
        Core.functions.pointee.state?(site.handle, raw, session?.serial ?? 0)
    }

    /// Keeps something, in place of what was kept there; nil takes it away.
    ///
    /// With a session it goes when the session does, and survives a resumption.
    @discardableResult
    public func setState<T: AnyObject & Sendable>(
        _ value: T?,
        of session: SessionID? = nil
    ) -> Bool {
        let kept = value.map { Unmanaged.passRetained($0 as AnyObject).toOpaque() }
        let status = Core.functions.pointee.set_state?(
            site.handle,
            raw,
            session?.serial ?? 0,
            kept,
            { pointer in
                guard let pointer else { return }
                Unmanaged<AnyObject>.fromOpaque(pointer).release()
            }
        )
        if status != 0, let kept { Unmanaged<AnyObject>.fromOpaque(kept).release() }
        return status == 0
    }
}

/// A bound session, as it was when it was asked for.
public struct SessionInfo: Sendable {
    public let id: SessionID
    /// Full.
    public let address: JID
    public let priority: Int
    /// The last available presence; nil while it is not available.
    public let presence: Stanza?
    /// Asked for the roster.
    public let isInterested: Bool
    /// False while it waits to be resumed.
    public let isConnected: Bool

    public var isAvailable: Bool { presence != nil }

    init(_ raw: martlet_session) {
        // The host numbers every session.
        id = SessionID(raw.id) ?? SessionID(serial: raw.id)
        address = JID(prepared: raw.address.string)
        priority = Int(raw.priority)
        presence = raw.presence.map { Stanza(retaining: $0) }
        isInterested = raw.is_interested != 0
        isConnected = raw.is_connected != 0
    }
}

extension SessionID {
    fileprivate init(serial: UInt64) { self.serial = serial }
}
