import MartletPluginKit

/// XEP-0191: Blocking Command 1.3.
///
/// Met: §3.1 to §3.5 with all MUSTs, §6; blocking is polite (§4: subscriptions stay). Where privacy lists are
/// on too, they and the blocklist are one (§5): see `privacy`, which judges then.
final class Blocking: Plugin {
    static let about = PluginDescription(
        "blocking",
        version: "1.0",
        "Lets users block others (XEP-0191).",
        provides: ["blocklist/1"],
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
        registration.on(.delivery, priority: priority, Self.judgeArrival, orWaiting: Self.arrived)
        registration.on(
            .received,
            priority: priority,
            Self.judgeDeparture,
            orWaiting: Self.departed
        )
        registration.on(.broadcast, "presence", priority: priority) { plugin, event in
            guard let list = event.place?.state(BlockedAddresses.self), !list.isEmpty,
                let to = event.stanza.to
            else { return .continue }
            return list.blocks(to) && plugin.isJudge ? .handled : .continue
        }
    }

    init(_ site: Site, _ settings: BlockingSettings) throws {
        self.site = site
        limit = settings.maximumItems
        guard site.provideBlocklist(by: self) else {
            throw BlockingFault("another plugin keeps whom users block")
        }
    }

    /// Whether nobody else judges by the list.
    var isJudge: Bool { !site.hasBlocklistJudge }
}

/// What administrators may choose.
struct BlockingSettings: PluginSettings {
    var maximumItems = 10_000

    static let schema = """
        {"type": "object", "properties": {"maximumItems": {"type": "integer", "minimum": 1, \
        "maximum": 100000, "default": 10000, "description": "How many addresses a user may block."}}}
        """
}

/// Why the plugin cannot work, for whoever runs the server.
struct BlockingFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
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
        guard let sender = stanza.from, let account = event.place?.account,
            !sender.isSameAccount(as: account), list.blocks(sender), plugin.isJudge
        else { return .continue }
        return try refuse(stanza)
    }

    private static func arrived(
        _ plugin: Blocking,
        _ arrival: Arrival
    ) async throws(StanzaError) -> Verdict {
        guard let sender = arrival.stanza.from, let account = arrival.account,
            !sender.isSameAccount(as: account), try await plugin.blocks(sender, for: account),
            plugin.isJudge
        else { return .continue }
        return try refuse(arrival.stanza)
    }

    /// XEP-0191 §3.3: the user appears offline to whom is blocked.
    private static func refuse(_ stanza: Stanza) throws(StanzaError) -> Verdict {
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
        guard plugin.refuses(stanza, of: account, list) else { return .continue }
        sendBack(stanza, of: event.session, at: place)
        return .handled
    }

    private static func departed(
        _ plugin: Blocking,
        _ arrival: Arrival
    ) async throws(StanzaError) -> Verdict {
        guard let account = arrival.account else { return .continue }
        let list = try await plugin.list(of: account)
        guard plugin.refuses(arrival.stanza, of: account, list) else { return .continue }
        let (stanza, session) = (arrival.stanza, arrival.session)
        _ = await plugin.site.visit(account) { sendBack(stanza, of: session, at: $0) }
        return .handled
    }

    private func refuses(_ stanza: Stanza, of account: JID, _ list: BlockedAddresses) -> Bool {
        guard let to = stanza.to, !to.isSameAccount(as: account) else { return false }
        return list.blocks(to) && isJudge
    }

    /// XEP-0191 §3.3: what a user sends to whom is blocked comes back.
    ///
    /// Straight to the session: as an error on its way from the one who is blocked, it would be kept
    /// from the user itself.
    private static func sendBack(
        _ stanza: Stanza,
        of session: SessionID?,
        at place: borrowing Place
    ) {
        let error = StanzaError(
            .notAcceptable,
            .cancel,
            application: XML("blocked", in: "urn:xmpp:blocking:errors")
        )
        guard let session, let refusal = stanza.refused(error) else { return }
        place.send(refusal, to: session)
    }
}
