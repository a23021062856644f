import MartletCore
import MartletStorage

/// A message of which several resources have a copy: it goes on to the account only when none of them
/// took it, and then once (XEP-0198 §5).
extension RouterShard {
    func give(_ message: Stanza, to sessions: [Session]) {
        guard sessions.count > 1, sessions.contains(where: { $0.management != nil }) else {
            for session in sessions { send(message, to: session) }
            return
        }
        let copies = Copies(of: sessions)
        let domain = sessions[0].jid.domain
        for session in sessions {
            guard session.management != nil else {
                send(message, to: session)
                continue
            }
            send(message, to: session) { shard, isTaken in
                guard copies.areAllLost(afterOneWas: isTaken) else { return }
                shard.reroute(message, sentAt: copies.time, by: domain)
            }
        }
    }
}

/// What became of the copies of one message.
///
/// Unchecked: seen on the one shard of the account's home only, which calls the receipts.
private final class Copies: @unchecked Sendable {
    let time = Timestamp.now()
    private var outstanding: Int
    /// What is sent without management is taken for received.
    private var isTaken: Bool

    init(of sessions: [Session]) {
        outstanding = sessions.count { $0.management != nil }
        isTaken = outstanding < sessions.count
    }

    func areAllLost(afterOneWas taken: Bool) -> Bool {
        outstanding -= 1
        isTaken = isTaken || taken
        return outstanding == 0 && !isTaken
    }
}
