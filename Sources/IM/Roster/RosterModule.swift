import MartletCore
public import MartletRouter
import MartletStorage
import MartletXML

/// The roster: a user's contacts, kept by the server (RFC 6121 §2).
public struct RosterModule: Module {
    public let name = "roster"

    public init() {}

    public func register(in registration: inout Registration) throws {
        registration.streamFeature(Element("ver", in: Namespace.rosterVersioning))
        registration.onSession { shard, session, event in
            if event == .bound { shard.readAhead(for: session) }
        }
        let get = try Match("iq[@type='get']/{\(Namespace.roster)}query")
        registration.on(.account, get) { (shard, request, context) throws(StanzaError) in
            let id = try Self.owner(of: request, context)
            return shard.afterArrival(at: id.jid) { shard in
                if shard.showRoster(request, by: id) { return .handled }
                return .pending { (shard: isolated RouterShard) async throws(StanzaError) in
                    try await shard.getRoster(request, by: id)
                    return .handled
                }
            }
        }
        registration.on(.delivery, try Match("iq[@type='set']/{\(Namespace.roster)}query")) {
            (_, stanza, _) throws(StanzaError) in
            try Self.refuseForgery(stanza)
        }
        try registration.onIQ(.set, "query", in: Namespace.roster, to: .account) {
            (shard, request, context) async throws(StanzaError) in
            try await shard.setRoster(request, by: try Self.owner(of: request, context))
            return nil
        }
    }

    /// A client takes a set of its roster for the server's push (RFC 6121 §2.1.6): it gets none from
    /// other users, who are answered as if nobody were there.
    private static func refuseForgery(_ stanza: Stanza) throws(StanzaError) -> Verdict {
        guard let to = stanza.to, to.isFull, stanza.from?.isSameAccount(as: to) != true else {
            return .continue
        }
        throw .serviceUnavailable
    }

    /// Nobody but the user may see or change a roster.
    ///
    /// Others are told `service-unavailable`, as where there is no such account (RFC 6121 §8.5.1): the
    /// `forbidden` of RFC 6121 §2.1.5 would tell them that there is one. One answer must serve for
    /// both, and this is the one that every other request gets, and that other servers know.
    private static func owner(
        of request: Stanza,
        _ context: Context
    ) throws(StanzaError) -> SessionID {
        guard let id = context.session else { throw .serviceUnavailable }
        if let to = request.to, !to.isSameAccount(as: id.jid) { throw .serviceUnavailable }
        return id
    }
}

extension RouterShard {
    /// Answers with what the home knows, if that is enough: the client wants all, or has it already.
    func showRoster(_ request: Stanza, by id: SessionID) -> Bool {
        guard let roster = heldRoster(of: id.jid) else { return false }
        let known = request.payload?.attribute("ver")
        guard known == nil || known == String(roster.version) else { return false }
        session(id)?.isInterested = true
        // An empty result says that the version is the present one (RFC 6121 §2.6.3).
        answer(request, with: known == nil ? RosterXML.query(roster, version: nil) : nil)
        return true
    }

    /// RFC 6121 §2.1.3; for a client that names the version it has, §2.6.
    func getRoster(_ request: Stanza, by id: SessionID) async throws(StanzaError) {
        let roster = try await roster(of: id.jid.bare)
        guard let known = request.payload?.attribute("ver") else {
            session(id)?.isInterested = true
            return answer(request, with: RosterXML.query(roster, version: nil))
        }
        let steps = try await steps(to: roster, of: id.jid.bare, since: known)
        // From here on nothing waits: what changes later is pushed behind what is sent now.
        session(id)?.isInterested = true
        guard let steps else {
            return answer(request, with: RosterXML.query(roster, version: roster.version))
        }
        // An empty result says that what changed, if anything, comes as pushes (RFC 6121 §2.6.3).
        answer(request, with: nil)
        guard let session = session(id) else { return }
        for step in steps where step.change.isVisible {
            push(step.change, version: step.version, to: session)
        }
    }

    /// What leads from the version that a client knows to the roster as it is; nil where only the whole
    /// roster does.
    private func steps(
        to roster: UserRoster,
        of account: JID,
        since known: String
    ) async throws(StanzaError) -> [RosterHistory.Step]? {
        guard let version = Int64(known), version <= roster.version else { return nil }
        while let history = try await history(of: account, since: version) {
            // What was stored and pushed while the history was read may not be in it.
            if history.version >= roster.version { return history.steps }
        }
        return nil
    }

    private func history(
        of account: JID,
        since version: Int64
    ) async throws(StanzaError) -> RosterHistory? {
        do {
            return try await store.rosterChanges(of: account, since: version)
        } catch {
            throw error.stanzaError
        }
    }

    /// RFC 6121 §2.1.5: one item is added, changed or, with §2.5, removed.
    func setRoster(_ request: Stanza, by id: SessionID) async throws(StanzaError) {
        let wish = try RosterWish(request.payload)
        let account = id.jid.bare
        let roster = try await roster(of: account)
        if wish.isRemoval { return try await remove(wish.contact, from: roster, of: account) }
        try limitRoster(of: account, roster, adding: wish.contact)
        let item = wish.applied(to: roster[wish.contact])
        let version = try await change(roster, of: account, [.set(item)])
        push(.set(item), version: version, to: account)
    }

    private func remove(
        _ contact: JID,
        from roster: UserRoster,
        of account: JID
    ) async throws(StanzaError) {
        guard let item = roster[contact], item.isInRoster else { throw .itemNotFound }
        let version = try await change(roster, of: account, [.remove(contact)])
        push(.remove(contact), version: version, to: account)
        if item.subscription.hasFrom {
            for session in home(of: account)?.availableSessions ?? [] {
                route(Stanza.presence(.unavailable, to: contact, from: session.jid))
            }
        }
        for type in SubscriptionRules.removing(item) {
            route(Stanza.presence(type, to: contact, from: account))
        }
    }
}

extension RosterChange {
    /// Whether the user's clients are to see it.
    fileprivate var isVisible: Bool {
        switch self {
        case .set(let item): item.isInRoster
        case .remove: true
        }
    }
}
