import CPlugin
import Synchronization

@testable import MartletPluginKit

/// Accounts that remember what was asked of them, and answer what the test says.
final class FakeAccounts: Sendable {
    private struct State: Sendable {
        var asked: [String] = []
        var status = Int32(MARTLET_OK)
        var roster: [(String, String)] = []
        var isRefusing = false
    }

    private let state = Mutex(State())

    var asked: [String] { state.withLock(\.asked) }

    func answer(_ status: Int, roster: [(String, String)] = []) {
        state.withLock { ($0.status, $0.roster) = (Int32(status), roster) }
    }

    /// Has the call itself refused, with no answer to come.
    func refuse(_ status: Int) {
        state.withLock { ($0.status, $0.isRefusing) = (Int32(status), true) }
    }

    /// As plugins are given it; lives as long as the process.
    var table: UnsafeRawPointer {
        let table = UnsafeMutablePointer<martlet_accounts>.allocate(capacity: 1)
        table.initialize(to: martlet_accounts())
        table.pointee.size = UInt32(MemoryLayout<martlet_accounts>.size)
        table.pointee.ctx = Unmanaged.passRetained(self).toOpaque()
        table.pointee.exists = { ctx, _, account, done, ud in
            FakeAccounts.at(ctx).tell("exists \(account.string)", done, ud)
        }
        table.pointee.check_password = { ctx, _, account, password, peer, done, ud in
            FakeAccounts.at(ctx).tell(
                "check \(account.string) \(password.string) \(peer.string)",
                done,
                ud
            )
        }
        table.pointee.create = { ctx, _, account, password, done, ud in
            FakeAccounts.at(ctx).tell("create \(account.string) \(password.string)", done, ud)
        }
        table.pointee.set_password = { ctx, _, account, password, keep, done, ud in
            FakeAccounts.at(ctx).tell("set \(account.string) \(password.string) \(keep)", done, ud)
        }
        table.pointee.remove = { ctx, _, account, last, done, ud in
            FakeAccounts.at(ctx).tell("remove \(account.string) \(last)", done, ud)
        }
        table.pointee.roster = { ctx, _, account, done, ud in
            FakeAccounts.at(ctx).tell("roster \(account.string)", done, ud)
        }
        return UnsafeRawPointer(table)
    }

    private static func at(_ ctx: UnsafeMutableRawPointer?) -> FakeAccounts {
        // The kit hands back what it was given.
        Unmanaged<FakeAccounts>.fromOpaque(ctx.unsafelyUnwrapped).takeUnretainedValue()
    }

    private func tell(
        _ line: String,
        _ done: martlet_done?,
        _ ud: UnsafeMutableRawPointer?
    ) -> Int32 {
        let now = state.withLock { state in
            state.asked.append(line)
            return state
        }
        guard !now.isRefusing else { return now.status }
        now.roster.flatMap { [$0.0, $0.1] }.lendAll { texts in
            let pairs = stride(from: 0, to: texts.count, by: 2)
                .map { martlet_pair(name: texts[$0], value: texts[$0 + 1]) }
            pairs.withUnsafeBufferPointer { done?(ud, now.status, $0.baseAddress, $0.count, .none) }
        }
        return Int32(MARTLET_OK)
    }
}
