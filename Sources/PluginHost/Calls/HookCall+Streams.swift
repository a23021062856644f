import CPlugin
import MartletCore
import MartletNet
import MartletRouter
import MartletXML

/// Streams without a resource.
extension HookCall {
    /// Shows a plugin what a client sent before it bound a resource.
    func consult(
        _ shard: isolated RouterShard,
        _ stanza: Stanza,
        _ peer: StreamPeer
    ) async -> StreamVerdict {
        guard let unmanaged = running(in: peer.domain) else { return .ignored }
        var call = HookEvent(plan.phase, at: unmanaged, stanza)
        call.isRequest = true
        call.mayPend = true
        call.decision.stream = StreamCall(peer: peer)
        let verdict = run(plan.run, &call, shard, .none)
        let decision = call.takeDecision()
        if call.token != 0, verdict != MARTLET_PENDING { TokenSlab.shared.discard(call.token) }
        let sent = decision?.stream?.sent ?? []
        let site = unmanaged.takeUnretainedValue()
        switch Int(verdict) {
        case MARTLET_HANDLED:
            if let end = decision?.stream?.end { return .close(end) }
            return answered(
                stanza,
                decision?.payload,
                login: decision?.stream?.login,
                behind: sent
            )
        case MARTLET_ERROR: return refused(stanza, failure(decision?.error, shard, site), sent)
        case MARTLET_CONTINUE: return .ignored
        case MARTLET_PENDING where call.token != 0:
            return settled(await outcome(of: call.token, shard), stanza, site, sent)
        default:
            host.complain(site, "it gave the verdict \(verdict), which is none here")
            return refused(stanza, .internalServerError, sent)
        }
    }

    private func settled(
        _ outcome: TokenSlab.Outcome,
        _ stanza: Stanza,
        _ site: PluginSite,
        _ sent: [Element]
    ) -> StreamVerdict {
        switch outcome {
        case .verdict(let verdict, _, let payload, let error, _, let login):
            switch Int(verdict) {
            case MARTLET_HANDLED: return answered(stanza, payload, login: login, behind: sent)
            case MARTLET_ERROR: return refused(stanza, error, sent)
            case MARTLET_CONTINUE: return .ignored
            default: host.complain(site, "it completed with the verdict \(verdict)")
            }
        case .answer: host.complain(site, "it answered a hook as if it were a command")
        case .timeout: host.complain(site, "a handler did not decide within \(plan.timeout)")
        case .stopped: return refused(stanza, .serviceUnavailable, sent)
        }
        return refused(stanza, .internalServerError, sent)
    }

    private func answered(
        _ stanza: Stanza,
        _ payload: Element?,
        login: JID?,
        behind sent: [Element]
    ) -> StreamVerdict {
        let answer = stanza.isRequest ? [stanza.result(payload).wholeElement] : []
        guard let login else { return .handled(sent + answer) }
        return .login(login, sent + answer)
    }

    /// Without what was sent, which may hold a password (XEP-0077 §3.3, XEP-0078 §3.1), and with the
    /// number of XEP-0086, which both ask for (XEP-0077 §9, XEP-0078 §5).
    private func refused(_ stanza: Stanza, _ error: StanzaError, _ sent: [Element]) -> StreamVerdict
    {
        guard stanza.type != .error, stanza.type != .result else { return .handled(sent) }
        let answer = Stanza(
            stanza.kind,
            type: .error,
            to: stanza.from,
            from: stanza.to,
            id: stanza.id
        ) { $0.append(error.element(withLegacyCode: true)) }
        return .handled(sent + [answer.wholeElement])
    }
}

extension Stanza {
    /// The stanza as an element of its own, its fields among the attributes.
    fileprivate var wholeElement: Element {
        element.setting([
            "type": type == .normal || type == .available ? nil : type.rawValue, "id": id,
            "from": from?.description, "to": to?.description,
        ])
    }
}
