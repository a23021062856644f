import CPlugin
import MartletCore
import MartletRouter
import MartletXML

extension CoreTable {
    static func fillSending(_ core: inout martlet_core) {
        core.route = { handle, stanza in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let stanza else { return CoreTable.invalid }
            return site.route(Stanza.at(stanza))
        }
        core.route_many = { handle, stanza, to, count in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let stanza, count == 0 || to != nil else { return CoreTable.invalid }
            return site.route(
                Stanza.at(stanza),
                to: UnsafeBufferPointer(start: to, count: count).map(\.address)
            )
        }
    }
}

extension PluginSite {
    /// Sends a stanza on its way in this plugin's name.
    func route(_ stanza: Stanza) -> Int32 {
        guard stanza.to != nil else { return CoreTable.invalid }
        guard let from = stanza.from ?? address, maySend(from: from) else { return refuse(stanza) }
        let sent = stanza.from == nil ? stanza.addressed(to: stanza.to, from: from) : stanza
        host.services.router.submit(sent)
        return CoreTable.ok
    }

    /// The same for many, who share the payload; those that are no addresses are passed over.
    func route(_ stanza: Stanza, to addressees: [JID?]) -> Int32 {
        guard let from = stanza.from ?? address, maySend(from: from) else { return refuse(stanza) }
        var wrong = 0
        for addressee in addressees {
            guard let addressee else {
                wrong += 1
                continue
            }
            host.services.router.submit(stanza.addressed(to: addressee, from: from))
        }
        return wrong == 0 ? CoreTable.ok : CoreTable.invalid
    }

    private func refuse(_ stanza: Stanza) -> Int32 {
        let from = stanza.from?.description ?? "nobody"
        host.complain(self, "it sent a stanza as \(from), who is not its own")
        return Int32(MARTLET_EFORBIDDEN)
    }
}
