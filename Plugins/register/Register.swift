import MartletPluginKit

/// XEP-0077: In-Band Registration 2.4.
///
/// Met: §3.1 with §3.1.1 (before login, over the stream), §3.2 (removal, with the errors of its table),
/// §3.3 (password change), §4 and §6 (the form beside the fields, and before them where both are sent), §5
/// (redirection), §8 (stream feature), §10. Off by default, for anybody may make accounts then.
/// Not here: forms for a removal or a password change (§3.2 and §3.3 leave them to the server); a
/// password is taken under TLS alone, unless the settings say otherwise.
final class Register: Plugin {
    static let about = PluginDescription(
        "register",
        version: "1.0",
        "Lets people make, change and remove their accounts (XEP-0077).",
        isOffByDefault: true,
        settingsSchema: RegisterSettings.schema
    )

    static let namespace = "jabber:iq:register"

    let site: Site
    let settings: RegisterSettings
    let limit: AddressLimit

    static func register(in registration: borrowing Registration<Register>) {
        registration.feature(namespace)
        registration.streamFeature(
            XML("register", in: "http://jabber.org/features/iq-register"),
            .beforeLogin
        )
        let request = "{\(namespace)}query"
        registration.on(.stream, "iq[@type='get']/\(request)") {
            plugin,
            event throws(StanzaError) in
            .reply(try plugin.askedByStranger(event.stream))
        }
        registration.on(.stream, "iq[@type='set']/\(request)", async: Self.strangerRegisters)
        let everywhere: Target = [.domain, .account]
        registration.onIQ(.get, "query", in: namespace, to: everywhere, Self.askedByUser)
        registration.on(.domain, "iq[@type='set']/\(request)", async: Self.userChanges)
        registration.on(.account, "iq[@type='set']/\(request)", async: Self.userChanges)
    }

    init(_ site: Site, _ settings: RegisterSettings) {
        self.site = site
        self.settings = settings
        limit = AddressLimit(settings.registrationsPerHour)
    }
}
