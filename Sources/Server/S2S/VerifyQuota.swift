import MartletNet
import MartletSASL
import Synchronization

/// How often strangers at one address may have us ask others for them, and how much of what can be asked
/// at a time: each key that is claimed by dialback makes us look up a domain, and connect there.
final class VerifyQuota: Sendable {
    private struct State {
        var recent: RecentTable<SocketAddress.Network>
        var underWay: [SocketAddress.Network: Int] = [:]
        var total = 0
    }

    private let perMinute: Int
    private let state: Mutex<State>

    init(perMinute: Int) {
        self.perMinute = perMinute
        state = Mutex(State(recent: RecentTable(.seconds(60), perMinute, entryLimit: 10_000)))
    }

    /// Counts one more, to be given back when it is answered; or says that the address has its share.
    ///
    /// That is an eighth of what is free of `limit`, but one in any case. So whoever has many questions under
    /// way leaves room for those who have none, however many they are.
    func take(for address: SocketAddress, at now: ShardInstant, of limit: Int) -> Bool {
        let (time, network) = (Duration.nanoseconds(now.nanoseconds), address.network)
        return state.withLock { state in
            let own = state.underWay[network] ?? 0
            guard state.recent.count(network, time) < perMinute,
                own < max(1, (limit - state.total) / 8)
            else { return false }
            state.recent.note(network, time)
            state.underWay[network] = own + 1
            state.total += 1
            return true
        }
    }

    func giveBack(for address: SocketAddress) {
        state.withLock { state in
            guard let own = state.underWay[address.network] else { return }
            state.underWay[address.network] = own > 1 ? own - 1 : nil
            state.total -= 1
        }
    }
}
