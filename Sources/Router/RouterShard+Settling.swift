public import MartletCore

/// Told how many of a session's stanzas are dealt with, on its home's shard.
public typealias Answer = @Sendable (UInt32) -> Void

/// What a client is told is handled has been stored or delivered (XEP-0198 §4).
///
/// The client forgets what is acknowledged, so the count waits for the homes that its stanzas went
/// to: a fence goes the same way as they did, and stands in line behind them. What these homes returned
/// stands in line at the client's own, and is told to it before the count.
extension RouterShard {
    /// Destinations that are remembered before they are asked without being told to.
    private static let destinationLimit = 64

    /// Answers how many of the session's stanzas were dealt with, as soon as that is true.
    ///
    /// Questions are answered in their order.
    public func settle(_ id: SessionID, _ answer: @escaping Answer) {
        guard let session = session(id), session.management != nil else { return }
        session.management?.questions.append(answer)
        startRound(of: session)
    }

    /// Whether all that a client sent on the stream it lost is dealt with, so that the count in
    /// `<resumed/>` is as true as that of an `<a/>` (XEP-0198 §5).
    ///
    /// The old connection, if it still seems to stand, gives way at once: nothing more may come from it.
    /// If the answer is false, `later` is called once, on this shard: when all is dealt with, or after
    /// `limit`, since a count that is too low would make the client send again what is here.
    public func isSettled(
        token: String,
        of account: JID,
        within limit: Duration,
        later: @escaping @Sendable () -> Void
    ) -> Bool {
        guard let session = session(named: token, of: account) else { return true }
        cutOff(session)
        let relay = SettlementRelay(later)
        whenDrained(session) { _ in relay.pass() }
        guard !relay.hasPassed else { return true }
        relay.isAwaited = true
        shard.schedule(after: limit) { relay.pass() }
        return false
    }

    private func cutOff(_ session: Session) {
        guard let old = session.sink else { return }
        detach(session.id)
        old.close(StreamError(.conflict, "the session was resumed elsewhere"))
    }

    /// Asks once the stanzas that stand in line on the stream itself have gone their ways.
    private func whenDrained(_ session: Session, _ answer: @escaping Answer) {
        guard !session.inbox.isIdle else { return settle(session.id, answer) }
        session.management?.drainQuestions.append(answer)
    }

    /// Nothing is in line on the session's stream.
    func noteDrained(_ session: Session) {
        guard let questions = session.management?.drainQuestions, !questions.isEmpty else { return }
        session.management?.drainQuestions.removeAll()
        for answer in questions { settle(session.id, answer) }
    }

    /// Remembers where a stanza of the session is about to go; a message to nobody goes to its own
    /// account (RFC 6120 §10.3.1).
    func noteDestination(of stanza: Stanza, from id: SessionID) {
        let own = stanza.kind == .message ? id.jid : nil
        guard let to = stanza.to ?? own, let session = session(id), session.management != nil,
            to.hasLocalpart || domains[of: to] == nil
        else { return }
        // Before this stanza goes its way: a round's fences must stand behind what it counts.
        if session.management?.destinations.count ?? 0 >= Self.destinationLimit {
            startRound(of: session)
        }
        session.management?.destinations.insert(to.bare)
    }

    private func startRound(of session: Session) {
        guard var management = session.management, management.round == nil else { return }
        let mayHaveReturns = !management.destinations.isEmpty
        let busy = fences(before: management.destinations, for: session.jid)
        management.destinations.removeAll()
        management.round = SettlingRound(
            count: management.handled,
            answers: management.questions,
            outstanding: busy.count,
            mayHaveReturns: mayHaveReturns
        )
        management.questions.removeAll()
        session.management = management
        guard !busy.isEmpty else { return endRound(of: session) }
        for fence in busy { raise(fence, for: session.id) }
    }

    /// Whom a round asks: an account's home, or the way to another domain.
    private enum Fence {
        case home(JID, Int)
        case elsewhere(DomainPair)
    }

    private func raise(_ fence: Fence, for id: SessionID) {
        let passed: @Sendable () -> Void = { [self] in
            shard.submit { self.assumeIsolated { $0.fencePassed(id) } }
        }
        switch fence {
        case .home(let account, let index):
            if let peer = peer(index) { peer.fence(account, passed) } else { passed() }
        case .elsewhere(let pair):
            guard case .elsewhere(let route) = place(of: pair.target) else { return passed() }
            route.fence(pair, on: shard.index, passed: passed)
        }
    }

    /// One for each that may not have dealt yet with what came, and one for all of a domain elsewhere.
    private func fences(before destinations: Set<JID>, for sender: JID) -> [Fence] {
        var pairs: Set<DomainPair> = []
        return destinations.compactMap { address in
            guard let fence = fence(before: address, for: sender) else { return nil }
            if case .elsewhere(let pair) = fence, !pairs.insert(pair).inserted { return nil }
            return fence
        }
    }

    /// Nil if it is here and nothing waits there.
    private func fence(before address: JID, for sender: JID) -> Fence? {
        switch place(of: address) {
        case .home(let index):
            let isIdle = index == shard.index && home(of: address)?.inbox.isIdle ?? true
            return isIdle ? nil : .home(address, index)
        case .service(_, let index): return index == shard.index ? nil : .home(address, index)
        case .elsewhere: return .elsewhere(DomainPair(sender: sender, target: address))
        case .domain, .nowhere: return nil
        }
    }

    private func fencePassed(_ id: SessionID) {
        guard let session = session(id) else { return }
        session.management?.round?.outstanding -= 1
        if session.management?.round?.outstanding == 0 { endRound(of: session) }
    }

    /// Waits for what was returned and stands in line, if anything stands there; once a round.
    private func awaitReturns(to session: Session) -> Bool {
        guard session.management?.round?.mayHaveReturns == true,
            let fence = fence(before: session.jid.bare, for: session.jid)
        else { return false }
        session.management?.round?.mayHaveReturns = false
        session.management?.round?.outstanding = 1
        raise(fence, for: session.id)
        return true
    }

    private func endRound(of session: Session) {
        guard !awaitReturns(to: session), let round = session.management?.round else { return }
        session.management?.round = nil
        for answer in round.answers { answer(round.count) }
        if session.management?.questions.isEmpty == false { startRound(of: session) }
    }

    /// Calls back when all that was posted for the account before has been dealt with; from any thread.
    nonisolated func fence(_ account: JID, _ passed: @escaping @Sendable () -> Void) {
        shard.submit {
            self.assumeIsolated { shard in
                guard let home = shard.home(of: account) else { return passed() }
                if home.inbox.admits(.fence(passed)) { passed() }
            }
        }
    }
}

/// A count on its way to the client, and what it waits for.
struct SettlingRound {
    let count: UInt32
    let answers: [Answer]
    /// Fences that have not passed.
    var outstanding: Int
    /// Stanzas went to somebody, and nobody has looked yet whether some came back.
    var mayHaveReturns: Bool
}

/// Carries word that a session is settled to the one who waits, if it does not come at once.
///
/// Unchecked: it stays on the one shard that made it.
private final class SettlementRelay: @unchecked Sendable {
    private let later: @Sendable () -> Void
    private(set) var hasPassed = false
    var isAwaited = false

    init(_ later: @escaping @Sendable () -> Void) {
        self.later = later
    }

    func pass() {
        guard !hasPassed else { return }
        hasPassed = true
        if isAwaited { later() }
    }
}
