import CPlugin
import Synchronization

@testable import MartletPluginKit

/// The home of an account: its sessions, what a plugin keeps with them, and what it had done there.
final class FakeHome: Sendable {
    struct Session: Sendable {
        var id: UInt64
        var address: String
        var priority: Int32 = 0
        var presence: Stanza?
        var isInterested = false
        var isConnected = true
    }

    /// Unchecked: a pointer of the plugin's, and the function that it named for it.
    private struct Kept: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
        let drop: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
    }

    private struct State: Sendable {
        var kept: [UInt64: Kept] = [:]
        var done: [String] = []
    }

    let account: String
    let sessions: [Session]
    private let state = Mutex(State())

    init(_ account: String, _ sessions: [Session] = []) {
        self.account = account
        self.sessions = sessions
        _ = Unmanaged.passRetained(self)
    }

    var place: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }
    /// What was done here, a line each.
    var done: [String] { state.withLock(\.done) }

    private static func at(_ place: OpaquePointer?) -> FakeHome? {
        place.map { Unmanaged<FakeHome>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    private func note(_ line: String) { state.withLock { $0.done.append(line) } }

    /// The session goes, and what was kept with it.
    func end(_ session: UInt64) { replace(nil, session) }

    private func replace(_ kept: Kept?, _ session: UInt64) {
        let old = state.withLock { state in
            defer { state.kept[session] = kept }
            return state.kept[session]
        }
        if let old { old.drop?(old.pointer) }
    }
}

// MARK: What the core is asked

extension FakeHome {
    static func fill(_ core: inout martlet_core) {
        core.visit = { site, account, call, ud in
            guard let site, let home = FakeSite.at(site).home else {
                return Int32(MARTLET_ESTOPPED)
            }
            guard account.string == home.account else { return Int32(MARTLET_EFORBIDDEN) }
            call?(ud, home.place)
            return Int32(MARTLET_OK)
        }
        core.account = { place in FakeHome.at(place)?.account.immortal ?? .none }
        core.sessions = { place, call, ud in
            for session in FakeHome.at(place)?.sessions ?? [] { session.lend { call?(ud, $0) } }
            return Int32(MARTLET_OK)
        }
        core.session_count = { Int64(FakeHome.at($0)?.sessions.count ?? -1) }
        core.state = { _, place, session in
            FakeHome.at(place)?.state.withLock { $0.kept[session] }?.pointer
        }
        core.set_state = { _, place, session, pointer, drop in
            guard let home = FakeHome.at(place),
                session == 0 || home.sessions.contains(where: { $0.id == session })
            else { return Int32(MARTLET_ENOENT) }
            home.replace(pointer.map { Kept(pointer: $0, drop: drop) }, session)
            return Int32(MARTLET_OK)
        }
        fillDoing(&core)
    }

    private static func fillDoing(_ core: inout martlet_core) {
        core.send = { _, place, session, stanza in
            guard let home = FakeHome.at(place), let stanza, home.has(session) else {
                return Int32(MARTLET_ENOENT)
            }
            home.note("send \(session) \(Stanza(retaining: stanza).id ?? "")")
            return Int32(MARTLET_OK)
        }
        core.send_nonza = { _, place, session, xml in
            guard let home = FakeHome.at(place), home.has(session) else {
                return Int32(MARTLET_ENOENT)
            }
            home.note("nonza \(session) \(xml.string)")
            return Int32(MARTLET_OK)
        }
        core.close = { _, place, session, condition in
            guard let home = FakeHome.at(place), home.has(session) else {
                return Int32(MARTLET_ENOENT)
            }
            home.note("close \(session) \(condition.string)")
            return Int32(MARTLET_OK)
        }
        core.announce = { _, place, session, stanza, contacts, count in
            guard let home = FakeHome.at(place), stanza != nil, home.has(session) else {
                return Int32(MARTLET_ENOENT)
            }
            let names = UnsafeBufferPointer(start: contacts, count: count).map(\.string)
            home.note("announce \(session) \(names)")
            return Int32(MARTLET_OK)
        }
    }

    private func has(_ session: UInt64) -> Bool { sessions.contains { $0.id == session } }
}

extension FakeHome.Session {
    fileprivate func lend(_ body: (UnsafePointer<martlet_session>) -> Void) {
        address.lend { address in
            var told = martlet_session()
            told.size = UInt32(MemoryLayout<martlet_session>.size)
            told.id = id
            told.priority = priority
            told.address = address
            told.presence = presence?.handle
            told.is_interested = isInterested ? 1 : 0
            told.is_connected = isConnected ? 1 : 0
            withUnsafePointer(to: told, body)
        }
    }
}
