public import CPlugin
import MartletPluginKit

/// XEP-0199: XMPP Ping.
///
/// Met: §4.2 (the domain and, on their behalf, its accounts answer), §5. The server itself asks clients that
/// have been silent (§4.1).
final class Ping: Plugin {
    static let about = PluginDescription("ping", version: "1.0", "Answers pings (XEP-0199).")

    static func register(in registration: borrowing Registration<Ping>) {
        registration.feature("urn:xmpp:ping", of: [.domain, .account])
        registration.onIQ(.get, "ping", in: "urn:xmpp:ping", to: [.domain, .account]) { _, _ in
            nil
        }
    }

    init(_ site: Site, _ settings: NoSettings) {}
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(Ping.self) }
