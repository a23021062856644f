import MartletPluginKit

/// XEP-0191: Blocking Command 1.3.
///
/// Met: §3.1 to §3.5 with all MUSTs, matching as in §5; blocking is polite (§4: subscriptions stay).
/// Not here: the mapping to privacy lists, which are off unless asked for.
final class Blocking: Plugin {
    static let about = PluginDescription(
        "blocking",
        version: "1.0",
        "Lets users block others (XEP-0191).",
        settingsSchema: BlockingSettings.schema
    )

    static let namespace = "urn:xmpp:blocking"
    static let collection = "blocking"
    /// Before everything else: what is blocked is not archived, copied or answered.
    private static let priority = 900

    let site: Site
    let limit: Int

    static func register(in registration: borrowing Registration<Blocking>) {
        registration.feature(namespace)
        registration.collection(collection)
        registration.onIQ(.get, "blocklist", in: namespace, to: .account, async: Self.list)
        registration.onIQ(.set, "block", in: namespace, to: .account, async: Self.block)
        registration.onIQ(.set, "unblock", in: namespace, to: .account, async: Self.unblock)
        registration.on(.delivery, priority: priority, Self.judgeArrival) {
            (plugin, arrival) async throws(StanzaError) in
            let list = try await plugin.list(of: arrival.account)
            return try Self.judge(arrival.stanza, from: arrival.stanza.from, arrival.account, list)
        }
        registration.on(.received, priority: priority, Self.judgeDeparture) {
            (plugin, arrival) async throws(StanzaError) in
            let list = try await plugin.list(of: arrival.account)
            guard let account = arrival.account,
                Self.isRefused(arrival.stanza, of: account, list)
            else { return .continue }
            let (stanza, session) = (arrival.stanza, arrival.session)
            _ = await plugin.site.visit(account) { Self.refuse(stanza, of: session, at: $0) }
            return .handled
        }
        registration.on(.broadcast, "presence", priority: priority) { _, event in
            guard let list = event.place?.state(BlockedAddresses.self), !list.isEmpty,
                let to = event.stanza.to
            else { return .continue }
            return list.blocks(to) ? .handled : .continue
        }
    }

    init(_ site: Site, _ settings: BlockingSettings) {
        self.site = site
        limit = settings.maximumItems
    }
}

/// What administrators may choose.
struct BlockingSettings: PluginSettings {
    var maximumItems = 10_000

    static let schema = """
        {"type": "object", "properties": {"maximumItems": {"type": "integer", "minimum": 1, \
        "maximum": 100000, "default": 10000, "description": "How many addresses a user may block."}}}
        """
}

// MARK: What passes

extension Blocking {
    /// What comes for a user, decided at once where the list is known.
    private static func judgeArrival(
        _ plugin: Blocking,
        _ event: borrowing Event
    ) throws(StanzaError) -> Verdict? {
        guard let list = event.place?.state(BlockedAddresses.self) else { return nil }
        guard !list.isEmpty else { return .continue }
        let stanza = event.stanza
        return try judge(stanza, from: stanza.from, event.place?.account, list)
    }

    /// XEP-0191 §3.3: the user appears offline to whom is blocked.
    private static func judge(
        _ stanza: Stanza,
        from sender: JID?,
        _ account: JID?,
        _ list: BlockedAddresses
    ) throws(StanzaError) -> Verdict {
        guard let sender, let account, !sender.isSameAccount(as: account), list.blocks(sender)
        else { return .continue }
        switch stanza.kind {
        case .presence, .nonza: return .handled
        case .message: throw .serviceUnavailable
        case .iq:
            guard stanza.isRequest else { return .handled }
            throw .serviceUnavailable
        }
    }

    private static func judgeDeparture(
        _ plugin: Blocking,
        _ event: borrowing Event
    ) throws(StanzaError) -> Verdict? {
        guard let place = event.place, let list = place.state(BlockedAddresses.self) else {
            return nil
        }
        guard !list.isEmpty, let account = place.account else { return .continue }
        let stanza = event.stanza
        guard isRefused(stanza, of: account, list) else { return .continue }
        refuse(stanza, of: event.session, at: place)
        return .handled
    }

    private static func isRefused(
        _ stanza: Stanza,
        of account: JID,
        _ list: BlockedAddresses
    ) -> Bool {
        guard let to = stanza.to, !to.isSameAccount(as: account) else { return false }
        return list.blocks(to)
    }

    /// XEP-0191 §3.3: what a user sends to whom is blocked comes back.
    ///
    /// Straight to the session: as an error on its way from the one who is blocked, it would be kept
    /// from the user itself.
    private static func refuse(_ stanza: Stanza, of session: SessionID?, at place: borrowing Place)
    {
        let error = StanzaError(
            .notAcceptable,
            .cancel,
            application: XML("blocked", in: "urn:xmpp:blocking:errors")
        )
        guard let session, let refusal = stanza.refused(error) else { return }
        place.send(refusal, to: session)
    }

    /// The list of an account, read from the store when it is first wanted.
    func list(of account: JID?) async throws(StanzaError) -> BlockedAddresses {
        guard let account else { return BlockedAddresses([]) }
        let stored = try await stored(account)
        // Another may have read it meanwhile, and changed what it read.
        return await site.visit(account) { place in
            if let kept = place.state(BlockedAddresses.self) { return kept }
            let list = BlockedAddresses(stored)
            place.setState(list)
            return list
        } ?? BlockedAddresses(stored)
    }

    private func stored(_ account: JID) async throws(StanzaError) -> [String] {
        var all: [String] = []
        do throws(StoreError) {
            while true {
                let page = Operation.list(in: Self.collection, after: all.last, limit: 1_000)
                let keys = try await site.store.perform(page, of: .account(account))
                    .documents.map(\.key)
                all += keys
                if keys.count < 1_000 { return all }
            }
        } catch {
            throw error.stanzaError
        }
    }
}
