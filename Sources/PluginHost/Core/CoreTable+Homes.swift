import CPlugin
import MartletCore
import MartletRouter
import MartletXML

extension CoreTable {
    static func fillHomes(_ core: inout martlet_core) {
        core.visit = { handle, account, call, ud in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let call, let account = account.address, account.hasLocalpart else {
                return CoreTable.invalid
            }
            guard site.address.map(account.hasSameDomain) == true else {
                return Int32(MARTLET_EFORBIDDEN)
            }
            site.visit(account.bare, call, ud)
            return CoreTable.ok
        }
        core.account = { place in
            guard let place, PlaceRecord.isLent(place) else { return .none }
            return UnsafeMutablePointer<PlaceRecord>(place).pointee.accountBytes
        }
        core.sessions = { place, call, ud in
            guard let call else { return CoreTable.invalid }
            let visitor = Visitor(call: call, ud: ud)
            return PlaceRecord.enter(place) { home, account in
                home.forEachSession(of: account, visitor)
                return CoreTable.ok
            } ?? CoreTable.elsewhere
        }
        core.session_count = { place in
            guard let (router, account) = PlaceRecord.home(at: place) else {
                return Int64(CoreTable.elsewhere)
            }
            return router.enter(with: account) { Int64($0.home(of: $1)?.sessions.count ?? 0) }
        }
        fillSessions(&core)
        fillStates(&core)
    }

    private static func fillSessions(_ core: inout martlet_core) {
        core.send = { handle, place, session, stanza in
            guard CoreTable.running(handle) != nil else { return CoreTable.stopped }
            guard let stanza else { return CoreTable.invalid }
            let sent = Stanza.at(stanza)
            return PlaceRecord.enter(place) { home, account in
                home.withSession(session, of: account) { session in
                    // It is for this client alone: lost with it, it goes to nobody else.
                    home.send(sent, to: session, receipt: { _, _ in })
                }
            } ?? CoreTable.elsewhere
        }
        core.send_nonza = { handle, place, session, text in
            guard CoreTable.running(handle) != nil else { return CoreTable.stopped }
            guard let element = ForeignXML.element(text.bytes) else { return CoreTable.invalid }
            return PlaceRecord.enter(place) { home, account in
                home.withSession(session, of: account) { home.send(nonza: element, to: $0) }
            } ?? CoreTable.elsewhere
        }
        core.close = { handle, place, session, condition in
            guard CoreTable.running(handle) != nil else { return CoreTable.stopped }
            guard let condition = StreamError.Condition(rawValue: condition.string) else {
                return CoreTable.invalid
            }
            return PlaceRecord.enter(place) { home, account in
                home.withSession(session, of: account) { session in
                    session.sink?.close(StreamError(condition))
                    home.end(session.id)
                }
            } ?? CoreTable.elsewhere
        }
    }

    /// What plugins keep with the account whose home is lent: looked up once for all that ask in a chain.
    private static func kept(
        at record: UnsafeMutablePointer<PlaceRecord>
    ) -> Unmanaged<KeptValues>? {
        if let kept = record.pointee.kept { return kept }
        guard let router = record.pointee.router, let account = record.pointee.address else {
            return nil
        }
        let found = router._withUnsafeGuaranteedRef {
            $0.enter(with: account) { $0.home(of: $1)?.kept }
        }
        guard let found else { return nil }
        record.pointee.kept = .passRetained(found)
        return record.pointee.kept
    }

    private static func fillStates(_ core: inout martlet_core) {
        core.state = { handle, place, session in
            guard let handle, let place, PlaceRecord.isLent(place) else { return nil }
            guard session != 0 else {
                return CoreTable.kept(at: UnsafeMutablePointer<PlaceRecord>(place))?
                    ._withUnsafeGuaranteedRef { $0.value(of: handle) }
            }
            guard let (router, account) = PlaceRecord.home(at: place) else { return nil }
            let told = PlaceRecord.name(at: place)
            return router.enter(with: (account, handle, session, told)) { home, asked in
                home.session(asked.2, of: asked.0, asked.3)?.kept?.value(of: asked.1)
            }
        }
        core.set_state = { handle, place, session, value, drop in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            let kept = KeptValue(site: site, pointer: value, drop: drop)
            let told = PlaceRecord.name(at: place)
            return PlaceRecord.enter(place) { home, account in
                guard let keeper = home.keeper(session, of: account, told) else {
                    return kept.refused(Int32(MARTLET_ENOENT))
                }
                keeper.keep(kept)
                return CoreTable.ok
            } ?? kept.refused(CoreTable.elsewhere)
        }
    }
}

/// A function of a plugin's that is told of sessions.
///
/// Unchecked: it is called before the call that carried it returns.
private struct Visitor: @unchecked Sendable {
    let call: martlet_session_fn
    let ud: UnsafeMutableRawPointer?
}

/// A pointer that a plugin keeps with a session or an account.
///
/// Unchecked: it belongs to the home's shard, which reads and drops it.
final class KeptValue: @unchecked Sendable {
    let site: PluginSite
    let pointer: UnsafeMutableRawPointer?
    private var drop: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?

    init(
        site: PluginSite,
        pointer: UnsafeMutableRawPointer?,
        drop: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
    ) {
        self.site = site
        self.pointer = pointer
        self.drop = drop
    }

    /// It was never taken: it stays the plugin's.
    func refused(_ status: Int32) -> Int32 {
        drop = nil
        return status
    }

    deinit { if pointer != nil { drop?(pointer) } }
}

/// What plugins keep with one session or account; few do, so a search is quick.
final class KeptValues {
    private struct Entry {
        let site: OpaquePointer
        let value: KeptValue
        /// The value's, to be read without counting that.
        let pointer: UnsafeMutableRawPointer
    }

    private var entries: [Entry] = []

    /// What a plugin keeps at one of its sites.
    func value(of site: OpaquePointer) -> UnsafeMutableRawPointer? {
        for index in entries.indices where entries[index].site == site {
            return entries[index].pointer
        }
        return nil
    }

    func keep(_ value: KeptValue) {
        let site = value.site.handle
        entries.removeAll { $0.site == site }
        guard let pointer = value.pointer else { return }
        entries.append(Entry(site: site, value: value, pointer: pointer))
    }
}

extension PluginSite {
    /// Calls a plugin at the home of an account, on its thread.
    fileprivate func visit(
        _ account: JID,
        _ call: @escaping martlet_place_fn,
        _ ud: UnsafeMutableRawPointer?
    ) {
        let visitor = PlaceVisitor(call: call, ud: ud)
        host.services.router.visit(account) { [self] home in
            let record = host.places.record(home.shard.index)
            let outer = record.pointee
            let name = AccountName(account)
            withExtendedLifetime(name) {
                record.pointee = PlaceRecord(
                    router: Unmanaged.passUnretained(home),
                    account: .named(Unmanaged.passUnretained(name))
                )
                visitor.call(visitor.ud, OpaquePointer(record))
                record.giveBack(to: outer)
            }
        }
    }
}

/// Unchecked: a function, and a pointer that only its plugin follows.
private struct PlaceVisitor: @unchecked Sendable {
    let call: martlet_place_fn
    let ud: UnsafeMutableRawPointer?
}

extension RouterShard {
    fileprivate func forEachSession(of account: JID, _ visitor: Visitor) {
        for session in home(of: account)?.sessions ?? [] {
            var told = martlet_session()
            told.size = UInt32(MemoryLayout<martlet_session>.size)
            told.priority = Int32(session.priority)
            told.id = session.id.serial
            told.address = martlet_str(session.jid.stableBytes)
            told.presence = session.presence?.handle
            told.is_interested = session.isInterested ? 1 : 0
            told.is_connected = session.sink == nil ? 0 : 1
            visitor.call(visitor.ud, &told)
        }
    }

    fileprivate func withSession(
        _ serial: UInt64,
        of account: JID,
        _ body: (Session) -> Void
    ) -> Int32 {
        guard let session = session(serial: serial), session.jid.isSameAccount(as: account) else {
            return Int32(MARTLET_ENOENT)
        }
        body(session)
        return CoreTable.ok
    }

    /// Where plugins keep something: with a session, or (zero) with the account.
    ///
    /// `told` is what a call tells of: a session, which may have ended.
    fileprivate func keeper(_ serial: UInt64, of account: JID, _ told: AccountName?) -> KeptValues?
    {
        if serial == 0 {
            guard let home = home(of: account) else { return nil }
            let kept = home.kept ?? KeptValues()
            home.attachment = kept
            return kept
        }
        guard let session = session(serial, of: account, told) else { return nil }
        let kept = session.kept ?? KeptValues()
        session.attachment = kept
        return kept
    }

    /// A session of an account; `told` is what a call tells of: one that may have ended.
    fileprivate func session(_ serial: UInt64, of account: JID, _ told: AccountName?) -> Session? {
        let ended = told?.session.flatMap { $0.id.serial == serial ? $0 : nil }
        guard let session = session(serial: serial) ?? ended,
            session.jid.isSameAccount(as: account)
        else { return nil }
        return session
    }
}

extension Home {
    /// What plugins keep with the account, if anything: this host alone attaches something.
    fileprivate var kept: KeptValues? {
        attachment.map { unsafeDowncast($0, to: KeptValues.self) }
    }
}

extension Session {
    fileprivate var kept: KeptValues? {
        attachment.map { unsafeDowncast($0, to: KeptValues.self) }
    }
}
