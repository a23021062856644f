import MartletNet
import MartletSASL
import Synchronization

/// How often strangers at one address may have us ask others for them: each key that is claimed by
/// dialback makes us look up a domain, and connect there.
final class VerifyQuota: Sendable {
    private let perMinute: Int
    private let table: Mutex<RecentTable<SocketAddress.Network>>

    init(perMinute: Int) {
        self.perMinute = perMinute
        table = Mutex(RecentTable(.seconds(60), perMinute, entryLimit: 10_000))
    }

    /// Counts one more, or says that there were enough within the last minute.
    func take(for address: SocketAddress, at now: ShardInstant) -> Bool {
        let time = Duration.nanoseconds(now.nanoseconds)
        return table.withLock { table in
            guard table.count(address.network, time) < perMinute else { return false }
            table.note(address.network, time)
            return true
        }
    }
}
