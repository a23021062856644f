public import MartletCore
import MartletNet
import MartletXML

/// What became of a wish to resume a session.
public enum Resumption: Sendable {
    /// The session goes on: how many of the client's stanzas were dealt with, and what it missed.
    case resumed(SessionID, handled: UInt32, missed: [Stanza])
    /// There is no such session, or no longer.
    case unknown
    /// The client claims to have more than it was sent.
    case refused(StreamError)
}

/// Stream management (XEP-0198): the home's part, which outlives connections.
extension RouterShard {
    /// Keeps what is sent to the session from now on until it is acknowledged.
    ///
    /// The token names the session for its resumption, if there is to be one. The answer is how long a
    /// lost client is waited for, or nil when management is on already.
    public func enableManagement(of id: SessionID, token: String?) -> Duration? {
        guard let session = session(id), session.management == nil else { return nil }
        session.management = SessionManagement(
            token: token,
            pending: session.inbox.pending
        )
        return session.domain.limits.resumptionTime
    }

    /// The client has what was sent up to its count.
    ///
    /// - Returns: the error that ends the stream when it claims more than was sent.
    public func acknowledge(_ count: UInt32, from id: SessionID) -> StreamError? {
        guard let session = session(id), session.management != nil else { return nil }
        return acknowledge(count, of: session)
    }

    private func acknowledge(_ count: UInt32, of session: Session) -> StreamError? {
        let taken: [SessionManagement.Sent]
        do {
            taken = try session.management?.queue.acknowledge(count) ?? []
        } catch {
            return error.streamError
        }
        for sent in taken { sent.receipt?(self, true) }
        // What was sent since the question has not been asked for: nothing may be left open for long.
        if session.management?.unasked ?? 0 > 0, session.management?.queue.count ?? 0 > 0 {
            ask(session)
        }
        return nil
    }

    func sendManaged(_ stanza: Stanza, to session: Session, receipt: Receipt?) {
        let limits = session.domain.limits
        session.management?.queue.append(
            SessionManagement.Sent(stanza: stanza, receipt: receipt),
            bytes: stanza.element.byteCount
        )
        session.sink?.send(stanza)
        guard let queue = session.management?.queue else { return }
        if queue.count > limits.unacknowledgedStanzas
            || queue.byteCount > limits.unacknowledgedBytes
        {
            // Given up: what waits is stored or returned, like that of any session that ends.
            session.sink?.close(StreamError(.resourceConstraint, "too much is unacknowledged"))
            end(session.id)
        } else {
            askWhenDue(session)
        }
    }

    private func askWhenDue(_ session: Session) {
        session.management?.unasked += 1
        guard session.sink != nil, let unasked = session.management?.unasked else { return }
        // The first of a burst is asked for at once, so that a quiet stream leaves nothing open.
        guard unasked >= SessionManagement.askAfter || session.management?.queue.count == 1 else {
            return
        }
        ask(session)
    }

    private func ask(_ session: Session) {
        session.management?.unasked = 0
        session.sink?.send(nonza: Element("r", in: Namespace.streamManagement))
    }

    /// The client's connection is lost.
    ///
    /// The session waits for it, if that was agreed, or ends.
    public func detach(_ id: SessionID) {
        guard let session = session(id), session.management?.token != nil else { return end(id) }
        session.sink = nil
        session.management?.expiry = shard.schedule(after: session.domain.limits.resumptionTime) {
            [weak self] in
            self?.assumeIsolated { $0.end(id) }
        }
    }

    /// The session that a client may resume by its token.
    func session(named token: String, of account: JID) -> Session? {
        home(of: account)?.sessions.first { $0.management?.isNamed(token) == true }
    }

    /// A client that lost its connection is back on another (XEP-0198 §5); to be asked once
    /// ``isSettled(token:of:within:later:)`` says so.
    ///
    /// An old connection that still seems to stand gives way.
    public func resume(
        token: String,
        handled: UInt32,
        of account: JID,
        sink: any SessionSink
    ) -> Resumption {
        guard let session = session(named: token, of: account) else { return .unknown }
        if let expiry = session.management?.expiry { shard.cancel(expiry) }
        session.management?.expiry = nil
        if let old = session.sink {
            session.sink = nil
            old.close(StreamError(.conflict, "the session was resumed elsewhere"))
        }
        if let error = acknowledge(handled, of: session) {
            end(session.id)
            return .refused(error)
        }
        // What modules send now stands behind what was missed; it may be too much.
        for observe in session.domain.modules.sessionObservers { observe(self, session, .resumed) }
        guard session.management != nil else { return .unknown }
        session.sink = sink
        session.management?.unasked = 0
        session.management?.countPending(session.inbox.pending)
        return .resumed(
            session.id,
            handled: session.management?.handled ?? 0,
            missed: session.management?.queue.items.map(\.stanza) ?? []
        )
    }
}

extension SessionManagement {
    /// Compares in constant time: the token is a secret.
    func isNamed(_ other: String) -> Bool {
        guard let token else { return false }
        let (left, right) = (Array(token.utf8), Array(other.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Session {
    /// Ends management: what the client never acknowledged, in order, for those who sent it.
    func dismissManagement(on shard: Shard) -> [SessionManagement.Sent] {
        guard let management else { return [] }
        if let expiry = management.expiry { shard.cancel(expiry) }
        self.management = nil
        return management.queue.items
    }
}
