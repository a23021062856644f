import CPlugin
import MartletCore
import MartletRouter

/// What a `martlet_place` points at: the home that a shard lends to the plugin it is calling.
///
/// There is one for each shard, and it stays where it is: a plugin that uses it too late, or on another
/// thread, is told so instead of reading what is gone. It counts nothing, since whoever lends it keeps
/// what it points at.
struct PlaceRecord: BitwiseCopyable {
    /// Whose home it is.
    enum Account: BitwiseCopyable {
        case none
        case sender(Unmanaged<Stanza>)
        case addressee(Unmanaged<Stanza>)
        case named(Unmanaged<AccountName>)
    }

    /// Nil while no call is under way.
    var router: Unmanaged<RouterShard>?
    var account = Account.none
    /// What plugins keep with the account, once one of them asked for it; counted until the call is over.
    var kept: Unmanaged<KeptValues>?

    /// The account's bare address, in bytes that live as long as the call.
    var accountBytes: martlet_str {
        switch account {
        case .none: .none
        case .sender(let stanza): Self.bare(stanza._withUnsafeGuaranteedRef { $0.from })
        case .addressee(let stanza): Self.bare(stanza._withUnsafeGuaranteedRef { $0.to })
        case .named(let name): Self.bare(name._withUnsafeGuaranteedRef { $0.address })
        }
    }

    private static func bare(_ jid: JID?) -> martlet_str {
        guard let jid else { return .none }
        return martlet_str(
            UnsafeRawBufferPointer(rebasing: jid.stableBytes.prefix(jid.bareByteCount))
        )
    }

    /// An address of the account, bare or full, as it was at hand.
    var address: JID? {
        switch account {
        case .none: nil
        case .sender(let stanza): stanza._withUnsafeGuaranteedRef { $0.from }
        case .addressee(let stanza): stanza._withUnsafeGuaranteedRef { $0.to }
        case .named(let name): name._withUnsafeGuaranteedRef { $0.address }
        }
    }

    var accountAddress: JID? { address?.bare }
}

/// An account that is named by an address, where no stanza names it.
///
/// Unchecked: the session is touched on its shard alone, which lends this for one call.
final class AccountName: @unchecked Sendable {
    let address: JID
    /// The session that something happens to: one that has ended is at its home no more.
    let session: Session?

    init(_ address: JID, _ session: Session? = nil) {
        self.address = address
        self.session = session
    }
}

/// The records of all shards.
///
/// Unchecked: each record is written by its shard alone; others read only whether they are on it.
final class PlaceRecords: @unchecked Sendable {
    private let records: UnsafeMutableBufferPointer<PlaceRecord>

    init(shards: Int) {
        records = .allocate(capacity: max(shards, 1))
        records.initialize(repeating: PlaceRecord())
    }

    // Never freed: a plugin may still hold a pointer to one.

    func record(_ shard: Int) -> UnsafeMutablePointer<PlaceRecord> {
        // Indices are those of the shards that the records were made for.
        records.baseAddress.unsafelyUnwrapped + shard
    }
}

extension UnsafeMutablePointer<PlaceRecord> {
    /// Ends the time for which a home was lent, and goes back to who had it before.
    @inline(__always)
    func giveBack(to outer: PlaceRecord) {
        pointee.kept?.release()
        pointee = outer
    }
}

extension PlaceRecord {
    /// Whether a pointer from a plugin names a home that is lent to this thread, now.
    static func isLent(_ place: OpaquePointer) -> Bool {
        UnsafeMutablePointer<PlaceRecord>(place).pointee.router?
            ._withUnsafeGuaranteedRef { $0.shard.isCurrent } == true
    }

    /// What the call is about, where no stanza names it.
    static func name(at place: OpaquePointer?) -> AccountName? {
        guard let place, isLent(place),
            case .named(let name) = UnsafeMutablePointer<PlaceRecord>(place).pointee.account
        else { return nil }
        return name.takeUnretainedValue()
    }

    /// The shard of the home that a pointer from a plugin names, and an address of its account, bare or
    /// full, if that is lent to this thread.
    static func home(at place: OpaquePointer?) -> (RouterShard, JID)? {
        guard let place, isLent(place) else { return nil }
        let record = UnsafeMutablePointer<PlaceRecord>(place)
        guard let router = record.pointee.router?.takeUnretainedValue(),
            let address = record.pointee.address
        else { return nil }
        return (router, address)
    }

    /// Does something at the home that a pointer from a plugin names, if that is lent to this thread.
    static func enter<R>(
        _ place: OpaquePointer?,
        _ body: @escaping (isolated RouterShard, JID) -> R
    ) -> R? {
        guard let place, isLent(place) else { return nil }
        let record = UnsafeMutablePointer<PlaceRecord>(place)
        guard let router = record.pointee.router?.takeUnretainedValue(),
            let account = record.pointee.accountAddress
        else { return nil }
        return router.enter(with: account, body)
    }
}
