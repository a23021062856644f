import MartletNet

/// What one stanza costs that is told to many (attacks 34: presence floods).
///
/// A client's rate counts what it sends; a presence that goes to five thousand contacts is one stanza
/// of that, and five thousand of ours. So those are counted, too, and a session that is over its
/// rate waits: what it sends stands in line, the connection is no longer read from when the line is
/// long, and nothing is lost.
extension RouterShard {
    /// A stanza of the session's is being told to so many.
    public func charge(_ deliveries: Int, to session: Session) {
        guard deliveries > 0, !session.isEnded else { return }
        let limits = session.domain.limits
        var bucket =
            session.fanOut
            ?? TokenBucket(
                rate: limits.deliveriesPerSecond,
                burst: limits.burstDeliveries,
                now: shard.now
            )
        session.isOwing = bucket.take(deliveries, at: shard.now) > .zero
        session.fanOut = bucket
    }

    /// Lets what comes next wait until the session is even again.
    func holdIfOwing(_ session: Session) {
        guard session.isOwing, !session.isEnded, !session.inbox.isHeld else { return }
        let owed = session.fanOut?.take(0, at: shard.now) ?? .zero
        session.isOwing = owed > .zero
        guard session.isOwing else { return }
        session.inbox.hold()
        home(of: session.jid)?.guests += 1
        let id = session.id
        session.hold = shard.schedule(after: owed) { [weak self] in
            self?.assumeIsolated { shard in
                guard let session = shard.session(id) else { return }
                session.hold = nil
                shard.release(session)
            }
        }
    }

    /// What stands in line goes its way: the time is over, or the session is.
    func release(_ session: Session) {
        guard session.inbox.isHeld else { return }
        if let timer = session.hold { shard.cancel(timer) }
        session.hold = nil
        session.inbox.release()
        let home = home(of: session.jid)
        goOn(with: session)
        home?.guests -= 1
        if let home { forgetIfVacant(home) }
    }
}
