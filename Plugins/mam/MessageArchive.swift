public import CPlugin
import MartletPluginKit
import Synchronization

/// XEP-0313: Message Archive Management 1.1.3, for users' archives.
///
/// Met: §3 (§3.2 by age and count, §3.5), §4 with all six fields, `include-groupchat` (§4.1.4: there is no
/// group chat in users' archives), form, paging both ways and flipped pages, §5, §6.1, §6.2, §7, §8. Ids
/// tell nothing (§6.2). Not met: §6.1.2 and §6.1.3, archives of rooms and nodes.
///
/// XEP-0359: Unique and Stable Stanza IDs 0.7, §2.1, §3 and §5 for accounts: ids in their name that they did
/// not give are taken out. XEP-0441: archiving preferences 0.2, §2.1 and §2.3. XEP-0059 but for §2.6
/// (`<index/>`). XEP-0334: `no-store`, `no-permanent-store` and `store`.
///
/// What is delivered was archived before, and what cannot be archived is returned to its sender.
final class MessageArchive: Plugin {
    static let about = PluginDescription(
        "mam",
        version: "1.0",
        "Archives users' messages (XEP-0313).",
        needs: ["martlet.store/1", "martlet.accounts/1"],
        settingsSchema: ArchiveSettings.schema
    )

    static let namespace = "urn:xmpp:mam:2"
    /// The log of each account.
    static let log = "archive"
    /// Behind what changes and refuses messages, before what copies them.
    private static let priority = -50

    let site: Site
    let store: Store
    private let sharedSettings: Shared<ArchiveSettings>
    private static let allSettings = Sharing<ArchiveSettings>()
    let ids: ArchiveIDs
    let register: ArchiveRegister
    let preferences: PreferenceCache
    /// Queries under way, by account.
    let queries = Mutex<[JID: Int]>([:])
    let retention: Retention

    static func register(in registration: borrowing Registration<MessageArchive>) {
        for name in [
            log, ArchiveRegister.collection, ArchiveIDs.collection, Preferences.collection,
        ] {
            registration.collection(name)
        }
        for feature in ["", "#extended", "#groupchat-field"] {
            registration.feature(namespace + feature, of: .account)
        }
        registration.feature(StanzaIDs.namespace, of: .account)
        // Clients ask the account (XEP-0313 §2); profanity asks its server, and would never use it.
        registration.feature(namespace)
        registerStoring(in: registration)
        registerRequests(in: registration)
        registration.observe(.rosterChanged) { plugin, event in
            if let account = event.subject { plugin.preferences.forgetContacts(of: account) }
        }
        registration.observe(.userRemoved) { plugin, event in
            if let account = event.subject { plugin.forget(account) }
        }
    }

    private static func registerStoring(in registration: borrowing Registration<MessageArchive>) {
        registration.on(
            .received,
            "message",
            priority: priority,
            beginning: { (plugin, event) throws(StanzaError) in try plugin.beginSent(event) },
            orWaiting: { (plugin, arrival) async throws(StanzaError) in
                try await plugin.archiveSent(arrival)
            }
        )
        // The contact is not told where the sender keeps it (XEP-0313 §3.5).
        registration.on(.received, "message", priority: priority - 20) { _, event in
            Self.withoutOwnID(event).map { .replace($0) } ?? .continue
        }
        registration.on(
            .delivery,
            "message",
            priority: priority,
            beginning: { (plugin, event) throws(StanzaError) in try plugin.beginReceived(event) },
            orWaiting: { (plugin, arrival) async throws(StanzaError) in
                try await plugin.archiveReceived(arrival)
            }
        )
    }

    private static func registerRequests(in registration: borrowing Registration<MessageArchive>) {
        registration.onIQ(.set, "query", in: namespace, to: .account) {
            (plugin, arrival) async throws(StanzaError) in
            try await plugin.answer(query: arrival)
        }
        registration.onIQ(.get, "query", in: namespace, to: .account) {
            (_, event) throws(StanzaError) in
            try Self.requireOwn(event.stanza, event.place?.account)
            return ArchiveQuery.form
        }
        registration.onIQ(.get, "metadata", in: namespace, to: .account) {
            (plugin, arrival) async throws(StanzaError) in
            try await plugin.answer(metadata: arrival)
        }
        registration.onIQ(.get, "prefs", in: namespace, to: .account) {
            (plugin, arrival) async throws(StanzaError) in
            try await plugin.showPreferences(arrival)
        }
        registration.onIQ(.set, "prefs", in: namespace, to: .account) {
            (plugin, arrival) async throws(StanzaError) in
            try await plugin.changePreferences(arrival)
        }
    }

    init(_ site: Site, _ settings: ArchiveSettings) {
        self.site = site
        store = site.store
        sharedSettings = Self.allSettings.shared(settings)
        ids = ArchiveIDs(site)
        register = ArchiveRegister(site)
        preferences = PreferenceCache()
        retention = Retention(site, sharedSettings, register)
        if settings != ArchiveSettings() { retention.start() }
    }

    var settings: ArchiveSettings { sharedSettings.value }

    func stop() async { await retention.stop() }

    /// An archive is its account's alone (XEP-0313 §8.1).
    ///
    /// - Returns: the account.
    /// - Throws: `forbidden` to everybody else.
    @discardableResult
    static func requireOwn(_ request: Stanza, _ account: JID?) throws(StanzaError) -> JID {
        guard let account, let from = request.from, from.isSameAccount(as: account) else {
            throw .forbidden
        }
        return account
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(MessageArchive.self) }
