import MartletPluginKit

/// XEP-0016: Privacy Lists 1.7.
///
/// Off by default: XEP-0191 does what most people want of it.
///
/// Met: §2.1 with all types of rules and kinds of stanzas, §2.2 (active and default lists, pushes,
/// conflicts, changes of the roster), §2.3 to §2.8, §2.9 to §2.14 (what passes, and what is answered),
/// §3. What is to a bare address is refused when no session would take it, and else kept from those
/// that would not. Neither sessions of one account nor its own server are ever kept apart.
///
/// With the blocking command (XEP-0191 §5) where that is on too: the default list begins with whom the user
/// blocks, whichever way, and goes for sessions without an active list. Without a default list there is one of
/// them alone, by the name `blocklist`.
/// Not here: unavailable presence to the user for a contact whose presence is blocked (§2.10, a SHOULD).
final class Privacy: Plugin {
    static let about = PluginDescription(
        "privacy",
        version: "1.0",
        "Lets users say by lists who may send them what (XEP-0016).",
        isOffByDefault: true,
        needs: ["blocklist/1?"],
        provides: ["blocklist-judge/1"],
        settingsSchema: PrivacySettings.schema
    )

    static let namespace = "jabber:iq:privacy"
    static let collection = "privacy"
    /// The first delivery rule, before all others (§2.2).
    private static let priority = 910

    let site: Site
    let settings: PrivacySettings

    static func register(in registration: borrowing Registration<Privacy>) {
        registration.feature(namespace)
        registration.collection(collection)
        registration.onIQ(.get, "query", in: namespace, to: .account, async: Self.asked)
        registration.onIQ(.set, "query", in: namespace, to: .account, async: Self.told)
        registration.on(.delivery, priority: priority, Self.judgeArrival, orWaiting: Self.arrived)
        registration.on(
            .received,
            priority: priority,
            Self.judgeDeparture,
            orWaiting: Self.departed
        )
        registration.on(.broadcast, "presence", priority: priority) { plugin, event in
            plugin.judgeBroadcast(event)
        }
        registration.on(.client, priority: priority) { plugin, event in
            plugin.judgeWriting(event)
        }
        registration.observe(.rosterChanged) { _, event in
            guard let book = event.place?.state(PrivacyBook.self) else { return }
            let query = event.stanza.payload
            for item in query?.children("item", in: "jabber:iq:roster").map(\.self) ?? [] {
                book.roster(says: item)
            }
        }
    }

    init(_ site: Site, _ settings: PrivacySettings) throws {
        self.site = site
        self.settings = settings
        guard site.provideBlocklistJudge(self) else {
            throw PrivacyFault("another plugin judges by whom users block")
        }
    }
}

/// Why the plugin cannot work, for whoever runs the server.
struct PrivacyFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What administrators may choose.
struct PrivacySettings: PluginSettings {
    var maximumLists = 20
    var maximumItems = 500

    static let schema = """
        {"type": "object", "properties": {
        "maximumLists": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 20,
        "description": "How many lists a user may have."},
        "maximumItems": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 500,
        "description": "How many items a list may have."}}}
        """
}
