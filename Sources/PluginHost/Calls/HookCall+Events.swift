import CPlugin
import MartletCore
import MartletNet
import MartletRouter
import MartletXML

/// What only happens, and is told.
extension HookCall {
    /// Tells of a session that came or went.
    func tell(_ shard: isolated RouterShard, of session: Session, said presence: Stanza? = nil) {
        guard let site = running(in: session.domain) else { return }
        var call = HookEvent(plan.phase, at: site, nil)
        call.event.session = session.id.serial
        call.event.subject = martlet_str(session.jid.stableBytes)
        if let presence {
            guard plan.match.matches(presence.element) else { return }
            call.event.carry(presence)
        }
        lend(session.jid, session) { _ = run(plan.run, &call, shard, $0) }
        _ = call.takeDecision()
    }

    /// Names an account for the time of a call.
    private func lend(
        _ address: JID,
        _ session: Session? = nil,
        _ body: (PlaceRecord.Account) -> Void
    ) {
        let name = AccountName(address, session)
        withExtendedLifetime(name) { body(.named(Unmanaged.passUnretained(name))) }
    }

    /// Tells of an element that a session's client sent and that is no stanza.
    func tell(_ shard: isolated RouterShard, of session: Session, nonza: Element) {
        guard plan.match.matches(nonza) else { return }
        guard let site = running(in: session.domain) else { return }
        let carrier = Stanza.carrying(nonza)
        var call = HookEvent(plan.phase, at: site, nil)
        call.event.session = session.id.serial
        call.event.subject = martlet_str(session.jid.stableBytes)
        call.event.carry(carrier)
        withExtendedLifetime(carrier) {
            lend(session.jid, session) { _ = run(plan.run, &call, shard, $0) }
        }
        _ = call.takeDecision()
    }

    /// Tells of an account, or what became of its roster.
    func tell(_ shard: isolated RouterShard, about account: JID, _ stanza: Stanza?) {
        guard let domain = shard.domain(of: account), let site = running(in: domain) else { return }
        var call = HookEvent(plan.phase, at: site, nil)
        call.event.subject = martlet_str(account.stableBytes)
        if let stanza { call.event.carry(stanza) }
        lend(account) { _ = run(plan.run, &call, shard, $0) }
        _ = call.takeDecision()
    }

    func running(in domain: Domain) -> Unmanaged<PluginSite>? {
        site(in: domain)
    }
}
