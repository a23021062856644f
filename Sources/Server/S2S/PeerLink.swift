import MartletCore
import MartletDNS
import MartletNet
import MartletStreams

/// A stream between servers as the pools see it; all of it may be called from any shard.
protocol PeerLink: AnyObject, Sendable {
    var shard: Shard { get }
    /// When a stanza last went or came; nil while one is not acknowledged, or not written.
    ///
    /// Outgoing, and on its shard.
    var quietSince: ShardInstant? { get }
    /// Writes stanzas of a pair that is authorised, or reversible, on this stream.
    ///
    /// It keeps what does not go out at once, and says `congested` when that should not become more. Once it
    /// has ended it gives everything back at once, by `undelivered`, also after `closed`.
    func write(_ stanzas: [Stanza], for pair: DomainPair)
    /// Calls back when the kernel has all that was given before, the stream is over, or some seconds
    /// have passed.
    func afterFlush(_ passed: @escaping @Sendable () -> Void)
    /// Calls back when all that was given is known to have arrived, or has been given back.
    func afterArrival(_ passed: @escaping @Sendable () -> Void)
    /// Outgoing, once it is featured: asks for one more pair; `authorized` or `refused` follows.
    func want(_ pair: DomainPair)
    /// Outgoing: asks the authoritative server, to which the stream leads.
    func ask(_ question: DialbackQuestion)
    /// Ends the stream; `undelivered` and `closed` follow.
    func end(_ error: StreamError?)
}

/// What a pool is told, by homes and by links, from any shard.
enum PoolMail: Sendable {
    case stanza(Stanza)
    case fence(DomainPair, passed: @Sendable () -> Void)
    /// Asks the authority of the question's sender, over another link than the claim's.
    case ask(
        DialbackQuestion,
        over: ObjectIdentifier,
        reply: @Sendable (DialbackOutcome) -> Void
    )
    /// The stream leads somewhere: pairs may be wanted of it and questions asked.
    case featured(any PeerLink)
    case authorized(any PeerLink, DomainPair, PeerProof)
    case refused(any PeerLink, DomainPair, S2SFault)
    case answered(DialbackQuestion, DialbackOutcome)
    /// An incoming stream that stanzas of this pair, ours to the peer's, may be written to.
    case reversible(any PeerLink, DomainPair)
    /// No more should be written, until `writable`.
    case congested(any PeerLink, DomainPair)
    /// Congestion has gone, or acknowledgements came: more may be written.
    case writable(any PeerLink, DomainPair)
    /// What a stream that ended did not get rid of; once for each pair it carried, before `closed`.
    case undelivered(
        any PeerLink,
        DomainPair,
        unwritten: [Stanza],
        unacknowledged: [Stanza],
        S2SFault
    )
    case closed(any PeerLink, S2SFault)
    /// A peer proved itself to us: it lives, and a rest of ours ends.
    case met(DomainPair)
    /// The settings changed.
    case readjust
}

/// Where a stream's news go: the pool of a pair, or a test.
protocol PeerPool: AnyObject, Sendable {
    /// From any thread; mails of one shard stay in order.
    func post(_ mail: PoolMail)
}

/// What came of dialling a domain.
enum PeerDial: Sendable {
    /// A connection, and places that may answer yet when it turns out to be no good.
    case connected(Transport, isDirect: Bool, address: String)
    case failed(S2SFault)
}

/// Finds a domain's servers, and connects to them.
protocol PeerDialler: Sendable {
    /// Calls back on that shard's thread, once, unless the attempt is given up before.
    ///
    /// `isFresh`: what is remembered of failures before does not count.
    func dial(
        _ domain: JID,
        on shard: Shard,
        isFresh: Bool,
        done: @escaping @Sendable (PeerDial) -> Void
    ) -> any PeerAttempt
    /// The same for who wants to know how it is done: `told` is called before `done`, on the same thread.
    func dial(
        _ domain: JID,
        on shard: Shard,
        isFresh: Bool,
        told: @escaping @Sendable (DialNews) -> Void,
        done: @escaping @Sendable (PeerDial) -> Void
    ) -> any PeerAttempt
}

extension PeerDialler {
    /// Of one that has nothing to tell.
    func dial(
        _ domain: JID,
        on shard: Shard,
        isFresh: Bool,
        told: @escaping @Sendable (DialNews) -> Void,
        done: @escaping @Sendable (PeerDial) -> Void
    ) -> any PeerAttempt {
        dial(domain, on: shard, isFresh: isFresh, done: done)
    }
}

/// How a domain's servers are found.
enum DialNews: Sendable {
    /// What the DNS or the settings say, and the places that follow from it.
    case lookedUp(PeerPlan)
    case tried([PeerConnection.Attempt])
}

/// Dialling under way.
protocol PeerAttempt: Sendable {
    /// The connection was no good: the next place is tried, and `done` is called again.
    ///
    /// Returns false when there is none left.
    func tryNext() -> Bool
    /// Gives up: `done` is not called any more.
    func giveUp()
}
