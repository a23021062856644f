public import CPlugin
import MartletPluginKit

/// XEP-0049: Private XML Storage 1.2.
///
/// Met: all of §2 and §3; strangers get `service-unavailable`, which §2.3 allows, since `forbidden` would
/// tell them that the account exists. Elements in reserved namespaces are refused, as §2.3 allows.
///
/// Beyond it: an element is kept under its name and namespace; an empty one takes it away.
final class PrivateStorage: Plugin {
    static let about = PluginDescription(
        "private",
        version: "1.0",
        "Keeps XML for a user's clients (XEP-0049).",
        settingsSchema: PrivateSettings.schema
    )

    static let namespace = "jabber:iq:private"

    private let fragments: Fragments

    static func register(in registration: borrowing Registration<PrivateStorage>) {
        registration.feature(namespace)
        registration.collection(Fragments.collection)
        registration.onIQ(.get, "query", in: namespace, to: .account) {
            (plugin, arrival: Arrival) async throws(StanzaError) in
            let (account, asked) = try request(arrival)
            guard let first = asked.first, asked.count == 1 else { throw .badRequest }
            return try await plugin.fragments.answer(to: first, of: account)
        }
        registration.onIQ(.set, "query", in: namespace, to: .account) {
            (plugin, arrival: Arrival) async throws(StanzaError) in
            let (account, given) = try request(arrival)
            guard !given.isEmpty else { throw .notAcceptable }
            try await plugin.fragments.keep(given, of: account)
            return nil
        }
    }

    init(_ site: Site, _ settings: PrivateSettings) {
        fragments = Fragments(at: site, settings)
    }

    /// Whose request it is, and the elements that it is about.
    private static func request(_ arrival: Arrival) throws(StanzaError) -> (JID, [Node]) {
        guard let from = arrival.stanza.from else { throw .serviceUnavailable }
        if let to = arrival.stanza.to, !to.isSameAccount(as: from) { throw .serviceUnavailable }
        let elements = arrival.stanza.payload.map { Array($0.children()) } ?? []
        for element in elements where isReserved(element.namespace) { throw .notAcceptable }
        return (from.bare, elements)
    }

    /// Namespaces that are not a client's own (XEP-0049 §2.3); `jabber:client` and the request's are
    /// among them.
    private static func isReserved(_ namespace: String) -> Bool {
        namespace.isEmpty || namespace == "vcard-temp" || namespace.hasPrefix("jabber:")
            || namespace.hasPrefix("http://jabber.org/")
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(PrivateStorage.self) }
