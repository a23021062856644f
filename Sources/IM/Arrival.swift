import MartletCore
import MartletRouter
import MartletStorage

/// One look into the store for an account whose first client has just bound a resource, in place of
/// one for each thing that the client is about to ask.
///
/// Unchecked, because the store's thread only carries it back to the shard, which alone uses it.
final class Arrival: @unchecked Sendable {
    typealias Follower = @Sendable (isolated RouterShard) -> Void

    /// A message was stored meanwhile: what was read of the log may be from before that.
    var isOutdated = false
    /// Who waits until it is over, in the order in which they came.
    var followers: [Follower] = []
}

extension RouterShard {
    /// Reads the roster, and whether there are offline messages, unless the home knows already.
    func readAhead(for session: Session) {
        let account = session.jid.bare
        guard let home = home(of: account), home.state[UserRoster.self] == nil,
            home.state[Arrival.self] == nil
        else { return }
        let arrival = Arrival()
        home.state[Arrival.self] = arrival
        store.readRoster(of: account, sizing: offlineMessages) { [self] found in
            shard.submit {
                self.enter(with: (arrival, account, try? found.get())) {
                    $0.end($1.0, of: $1.1, $1.2)
                }
            }
        }
    }

    /// What failed is read again by whoever needs it, and is told then.
    private func end(_ arrival: Arrival, of account: JID, _ found: (Roster, LogSize)?) {
        // Another home, of a client that came after this one had gone, reads for itself.
        if let home = home(of: account), home.state[Arrival.self] === arrival {
            home.state[Arrival.self] = nil
            if let found { note(found.0, found.1, after: arrival, at: home) }
        }
        for follow in arrival.followers { follow(self) }
    }

    private func note(_ roster: Roster, _ size: LogSize, after arrival: Arrival, at home: Home) {
        if home.state[UserRoster.self] == nil { home.state[UserRoster.self] = UserRoster(roster) }
        if size.count == 0, !arrival.isOutdated { noteNoOffline(at: home) }
    }

    /// Gives the verdict now, or when the look into the store is over that its account's home has begun.
    func afterArrival(
        at account: JID,
        _ verdict: @escaping @Sendable (isolated RouterShard) -> Verdict
    ) -> Verdict {
        guard home(of: account)?.state[Arrival.self] != nil else { return verdict(self) }
        return .waiting { shard, done in
            shard.follow(arrivalAt: account) { shard in done(shard, verdict(shard)) }
        }
    }

    /// Does something when the account's arrival is over: at once, if there is none.
    func follow(arrivalAt account: JID, _ follower: @escaping Arrival.Follower) {
        guard let arrival = home(of: account)?.state[Arrival.self] else { return follower(self) }
        arrival.followers.append(follower)
    }
}
