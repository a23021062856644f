public import MartletCore

/// What comes from other servers and from components, and what comes back from there.
extension RouterShard {
    /// Takes a stanza that another server or a component sent, whose `from` was proved where it was
    /// read; on the shard that read it.
    ///
    /// Those of one stream stay in order. It passes phase `elsewhere` of the domain it is for, where
    /// nobody may wait; what is for a component goes straight there. Nothing is passed on from one
    /// server to another: what is not for us returns as `remote-server-not-found`.
    public func receive(fromElsewhere stanza: Stanza) {
        guard let to = stanza.to else { return }
        guard let domain = domains[of: to] ?? domains.owner(ofService: to) else {
            return receive(stanza, forOthers: to)
        }
        switch runWithoutWaiting(.elsewhere, stanza, Context(domain: domain, session: nil)) {
        case .passed(let stanza): route(stanza)
        case .handled: break
        case .failed(let error, let stanza): turnBack(stanza, error)
        }
    }

    /// Takes a stanza for a domain that a module keeps here, from the process that has the domain above it,
    /// the accounts there and all other servers; on the shard that read it.
    ///
    /// Like in that process, phase `elsewhere` is for what is not from one of ours.
    public func receive(fromAbove stanza: Stanza) {
        guard let to = stanza.to, domains.owner(ofService: to) != nil else {
            return turnBack(stanza, .serviceUnavailable)
        }
        guard let from = stanza.from, domains.hosts(from) else {
            return receive(fromElsewhere: stanza)
        }
        route(stanza)
    }

    /// Calls back, on this shard, when all that was received here for these accounts has been stored,
    /// delivered or returned: what is acknowledged to another server would be lost with this one
    /// otherwise (XEP-0198 §4).
    public func whenDealtWith(_ accounts: Set<JID>, _ done: @escaping @Sendable () -> Void) {
        let homes = accounts.compactMap { account -> (JID, Int)? in
            guard case .home(let index) = place(of: account) else { return nil }
            let isIdle = index == shard.index && home(of: account)?.inbox.isIdle ?? true
            return isIdle ? nil : (account, index)
        }
        guard !homes.isEmpty else { return done() }
        let outstanding = Countdown(from: homes.count, done)
        for (account, index) in homes {
            guard let peer = peer(index) else { outstanding.step(); continue }
            peer.fence(account) { [shard] in shard.submit { outstanding.step() } }
        }
    }

    private func receive(_ stanza: Stanza, forOthers to: JID) {
        let isOurs = domains.component(of: to) != nil || stanza.from.map(domains.hosts) == true
        if isOurs { route(stanza) } else { turnBack(stanza, .remoteServerNotFound) }
    }

    /// Returns a stanza that cannot go where it should, unless its sender need not know.
    func turnBack(_ stanza: Stanza, _ error: StanzaError) {
        if !stanza.isUnheard { bounce(stanza, error) }
    }

    /// A stanza that another shard put down, and whose domain has gone since, or is a component's now.
    func deliverAfterChange(_ stanza: Stanza, _ to: JID) {
        if let component = domains.component(of: to) {
            component.take(stanza, on: shard.index)
        } else {
            turnBack(stanza, .remoteServerNotFound)
        }
    }
}

extension Router {
    /// Returns a stanza of ours that did not reach an address elsewhere, with an error; from any thread.
    ///
    /// Those that one thread returns to one sender stay in order, and what is returned before a fence
    /// passes is told before. Never an answer to an error or a result (RFC 6120 §8.3.1); that a probe
    /// or `unavailable` was lost, nobody is told either.
    public func bounce(_ stanza: Stanza, _ error: StanzaError) {
        guard let sender = stanza.from, !stanza.isUnheard else { return }
        let home = home(of: sender)
        home.shard.submit { home.assumeIsolated { $0.turnBack(stanza, error) } }
    }
}

/// Calls once when so many have done their part.
///
/// Unchecked: it stays on the one shard that made it.
private final class Countdown: @unchecked Sendable {
    private var left: Int
    private let done: @Sendable () -> Void

    init(from count: Int, _ done: @escaping @Sendable () -> Void) {
        left = count
        self.done = done
    }

    func step() {
        left -= 1
        if left == 0 { done() }
    }
}

extension Stanza {
    /// Whether its sender need not know that it did not arrive.
    ///
    /// The server itself asks by probes, and who goes away waits for no word.
    fileprivate var isUnheard: Bool {
        kind == .presence && (type == .probe || type == .unavailable)
    }
}
