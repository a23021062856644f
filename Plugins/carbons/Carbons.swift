public import CPlugin
import MartletPluginKit

/// XEP-0280: Message Carbons 1.0.1.
///
/// Met: §3 (both features), §4 and §5 with their errors, §6.1 and §6.2 (all rules), §7, §8, §9 as it
/// now stands (`<private/>` keeps a message from being copied and stays in it), §10.1, §10.3, §11.
///
/// Beyond it: what only looks like a copy, sent by somebody else, is taken out of the message
/// (CVE-2017-5589).
final class Carbons: Plugin {
    static let about = PluginDescription(
        "carbons",
        version: "1.0",
        "Copies a user's messages to all clients that want them (XEP-0280)."
    )

    static let namespace = "urn:xmpp:carbons:2"

    /// What must not reach a client but from the account itself.
    private static let forgeries = "message/{\(namespace)}sent | message/{\(namespace)}received"

    /// Behind what changes, refuses or archives messages: what is copied is what is delivered.
    private static let priority = -60

    static func register(in registration: borrowing Registration<Carbons>) {
        registration.feature(namespace)
        registration.feature("urn:xmpp:carbons:rules:0")
        registration.onIQ(.set, "enable", in: namespace, to: .account) {
            (_, event) throws(StanzaError) in
            try CarbonHome.change(event) { $0.enable($1) }
        }
        registration.onIQ(.set, "disable", in: namespace, to: .account) {
            (_, event) throws(StanzaError) in
            try CarbonHome.change(event) { $0.disable($1) }
        }
        registration.on(.received, "message", priority: priority) { _, event in
            copySent(event)
            return .continue
        }
        registration.on(.delivery, forgeries, priority: priority + 1) { _, event in
            withoutForgeries(event).map { .replace($0) } ?? .continue
        }
        registration.on(.delivery, "message", priority: priority) { _, event in
            copyReceived(event)
            return .continue
        }
        registration.observe(.sessionDown) { _, event in
            guard let place = event.place, let session = event.session else { return }
            place.state(CarbonHome.self)?.disable(session)
        }
    }

    init(_ site: Site, _ settings: NoSettings) {}
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(Carbons.self) }
