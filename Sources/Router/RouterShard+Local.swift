import MartletCore

/// The last step: a stanza that no module took, at the home of the user it is for (RFC 6121 §8.5).
extension RouterShard {
    /// Does what the chain at the home came to; nothing where the home is gone by now.
    ///
    /// False when something waits now.
    func finishDelivery(_ outcome: ChainOutcome, at home: Home?) -> Bool {
        switch outcome {
        case .handled: return true
        case .failed(let error, let stanza):
            bounce(stanza, error)
            return true
        case .passed(let stanza):
            guard let home else { return true }
            switch stanza.kind {
            case .message: return deliverMessage(stanza, at: home)
            case .presence: deliverPresence(stanza, at: home)
            case .iq: return deliverIQ(stanza, at: home)
            }
            return true
        }
    }

    private func deliverIQ(_ stanza: Stanza, at home: Home) -> Bool {
        guard let to = stanza.to else { return true }
        if to.isFull {
            if let session = home.session(with: to) {
                send(stanza, to: session)
            } else {
                bounce(stanza, .serviceUnavailable)
            }
            return true
        }
        guard stanza.isRequest else { return true }
        let outcome = run(
            .account,
            stanza,
            Context(domain: home.domain, session: nil),
            later: {
                shard,
                outcome in
                shard.finishRequest(outcome)
                shard.delivered(at: to.bare)
            }
        )
        guard let outcome else { return false }
        finishRequest(outcome)
        return true
    }

    private func deliverPresence(_ stanza: Stanza, at home: Home) {
        guard let to = stanza.to else { return }
        if to.isFull {
            if let session = home.session(with: to) { send(stanza, to: session) }
        } else if !stanza.type.isSubscription, stanza.type != .probe {
            for session in home.sessions where session.isAvailable { send(stanza, to: session) }
        }
    }

    private func deliverMessage(_ stanza: Stanza, at home: Home) -> Bool {
        guard let to = stanza.to else { return true }
        // The table's column that has the same in every row, and that most messages are in.
        if to.isFull, let session = home.session(with: to) {
            send(stanza, to: session)
            return true
        }
        let resources = home.sessions.map {
            Delivery.Resource(
                jid: $0.jid,
                isAvailable: $0.isAvailable,
                priority: $0.priority
            )
        }
        switch Delivery.ofMessage(stanza.type, to: to, resources: resources) {
        case .to(let indices):
            give(stanza, to: indices.map { home.sessions[$0] })
        case .offline: return keepOffline(stanza, at: home)
        case .bounce(let error): bounce(stanza, error)
        case .ignore: break
        }
        return true
    }

    /// Nobody is there: a module may keep it, else it returns to its sender (RFC 6121 §8.5.2.2).
    private func keepOffline(_ stanza: Stanza, at home: Home) -> Bool {
        let account = home.jid
        let outcome = run(
            .offline,
            stanza,
            Context(domain: home.domain, session: nil),
            later: {
                shard,
                outcome in
                shard.finishRequest(outcome)
                shard.delivered(at: account)
            }
        )
        guard let outcome else { return false }
        finishRequest(outcome)
        return true
    }
}
