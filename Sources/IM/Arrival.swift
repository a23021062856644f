import MartletCore
import MartletRouter
import MartletStorage

/// One look into the store for an account whose first client has just bound a resource, in place of
/// one for each thing that the client is about to ask.
final class Arrival {
    /// A message was stored meanwhile: what was read of the log may be from before that.
    var isOutdated = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Returns when the look is over.
    func over() async {
        await withCheckedContinuation { waiting.append($0) }
    }

    func end() {
        for one in waiting { one.resume() }
        waiting = []
    }
}

extension RouterShard {
    /// Reads the roster, and whether there are offline messages, unless the home knows already.
    func readAhead(for session: Session) {
        let account = session.jid.bare
        guard let home = home(of: account), home.state[UserRoster.self] == nil,
            home.state[Arrival.self] == nil
        else { return }
        home.state[Arrival.self] = Arrival()
        track { shard in
            let found = try? await shard.store.roster(of: account, sizing: offlineMessages)
            shard.take(found, of: account)
        }
    }

    /// What failed is read again by whoever needs it, and is told then.
    private func take(_ found: (Roster, LogSize)?, of account: JID) {
        guard let home = home(of: account), let arrival = home.state[Arrival.self] else { return }
        home.state[Arrival.self] = nil
        if let (roster, size) = found {
            if home.state[UserRoster.self] == nil {
                home.state[UserRoster.self] = UserRoster(roster)
            }
            if size.count == 0, !arrival.isOutdated { noteNoOffline(at: home) }
        }
        arrival.end()
    }
}
