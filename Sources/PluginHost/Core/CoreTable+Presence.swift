import CPlugin
import MartletCore
import MartletRouter

extension CoreTable {
    static func fillPresence(_ core: inout martlet_core) {
        core.announce = { handle, place, session, stanza, contacts, count in
            guard CoreTable.running(handle) != nil else { return CoreTable.stopped }
            guard let stanza else { return CoreTable.invalid }
            let presence = Stanza.at(stanza)
            guard presence.kind == .presence, presence.type == .available else {
                return CoreTable.invalid
            }
            let told = UnsafeBufferPointer(start: contacts, count: contacts == nil ? 0 : count)
                .compactMap(\.address)
            return PlaceRecord.enter(place) { home, account in
                guard let session = home.session(serial: session),
                    session.jid.isSameAccount(as: account), session.isAvailable
                else { return Int32(MARTLET_ENOENT) }
                home.announce(presence, of: session, to: told)
                return CoreTable.ok
            } ?? CoreTable.elsewhere
        }
    }
}

extension RouterShard {
    /// What the session said of itself last is this now (RFC 6121 §4.4).
    fileprivate func announce(_ said: Stanza, of session: Session, to contacts: [JID]) {
        let presence = said.addressed(to: nil, from: session.jid)
        session.presence = presence
        for contact in contacts {
            broadcast(presence.addressed(to: contact, from: session.jid), of: session)
        }
        for other in home(of: session.jid)?.availableSessions ?? [] {
            send(presence.addressed(to: other.jid, from: session.jid), to: other)
        }
        tellObservers(of: session, said: presence)
    }
}
