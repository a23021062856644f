public import MartletCore
import MartletNet

/// Names one session of this process, for as long as the process lives.
public struct SessionID: Hashable, Sendable {
    /// The full address it is bound to.
    public let jid: JID
    /// Never used twice in a process, on whichever shard.
    public let serial: UInt64

    public static func == (left: SessionID, right: SessionID) -> Bool {
        left.serial == right.serial
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(serial) }
}

/// A bound resource of an account (RFC 6120 §7): the home's side of one client.
///
/// It belongs to its account's `RouterShard` and is never seen outside of that actor. Exclusive access
/// is unchecked as for ``Home``. What each delivery reads stands first, in as few lines of the
/// processor's cache as will do: who is told with two hundred others is in none of them.
public final class Session {
    public let id: SessionID
    @exclusivity(unchecked) public internal(set) var domain: Domain
    /// The client's connection; nil while it is gone and the session waits to be resumed.
    @exclusivity(unchecked) public internal(set) var sink: (any SessionSink)?
    /// The last presence without a type and without `to`; nil before the first one and after
    /// `unavailable` (RFC 6121 §4.2).
    @exclusivity(unchecked) public var presence: Stanza?
    /// It has left its home; nothing that is sent to it arrives.
    @exclusivity(unchecked) var isEnded = false
    @exclusivity(unchecked) var management: SessionManagement?
    /// Between -128 and 127, as the presence said (RFC 6121 §4.7.2.3).
    public var priority = 0
    /// Asked for the roster, so that it is told of changes (RFC 6121 §2.1.6).
    public var isInterested = false
    /// What modules keep of this session.
    public let state = ModuleState()
    /// What plugins keep of it.
    public var attachment: AnyObject?
    /// What waits for a stanza that is being handled.
    @exclusivity(unchecked) var inbox = WorkQueue<Received>()
    /// Where the one that is being handled waits for the store, if it does.
    var gate: Gate?
    /// Too much stands in line, and its client is not read from.
    var isSlowed = false
    /// What it may make the server deliver to many; nil as long as it has not.
    var fanOut: TokenBucket?
    var isOwing = false
    /// Ends the wait of what stands in line.
    var hold: TimerID?
    /// Of stanzas that left without being acknowledged: answered when all has been flushed.
    var receipts: [Receipt] = []

    /// What stands in line on a client's stream.
    enum Received: Sendable {
        case stanza(Stanza)
        /// One that has begun to be stored.
        case ahead(Ahead)
        /// One that was no good, and was answered already; it counts all the same (XEP-0198 §4).
        case refused
    }

    public var jid: JID { id.jid }
    public var isAvailable: Bool { presence != nil }

    init(id: SessionID, domain: Domain, sink: any SessionSink) {
        self.id = id
        self.domain = domain
        self.sink = sink
    }
}

/// What modules keep at a place that the router owns: at most one value of each type.
///
/// Unchecked for exclusive access: nothing of the values' runs while they change.
public final class ModuleState {
    @exclusivity(unchecked) @usableFromInline
    var values: [(type: ObjectIdentifier, value: Any)] = []

    /// The value of that type, or nil where none was put yet.
    ///
    /// Inlined, so that each module's own type is known where it is looked for.
    @inlinable public subscript<Value>(_ type: Value.Type) -> Value? {
        get {
            let place = values.firstIndex { $0.type == ObjectIdentifier(type) }
            return place.flatMap { values[$0].value as? Value }
        }
        set {
            let place = values.firstIndex { $0.type == ObjectIdentifier(type) }
            // Let go of when nothing changes any more: what ends with it may look here.
            let before = place.map { values.remove(at: $0) }
            if let newValue { values.append((ObjectIdentifier(type), newValue)) }
            withExtendedLifetime(before) {}
        }
    }
}
