public import CPlugin
import MartletPluginKit

/// XEP-0054: vcard-temp 1.3, and XEP-0153: vCard-Based Avatars 1.1.1 on behalf of clients.
///
/// Met of XEP-0054: §3 with its errors, §4. Of XEP-0153: §3.1 and §4.1, as XEP-0398 §4 lets a server do
/// it: the hash of the photo is put into available presence that says nothing of one, and contacts are
/// told when it changes.
final class VCard: Plugin {
    static let about = PluginDescription(
        "vcard",
        version: "1.0",
        "Keeps users' vCards (XEP-0054) and tells their contacts of the photo (XEP-0153).",
        settingsSchema: VCardSettings.schema
    )

    static let namespace = "vcard-temp"

    let site: Site
    let cards: Cards
    let photos: Photos
    let settings: VCardSettings

    static func register(in registration: borrowing Registration<VCard>) {
        registration.feature(namespace, of: [.domain, .account])
        registration.collection(Cards.collection)
        registration.onIQ(.get, "vCard", in: namespace, to: .account) {
            (plugin, arrival: Arrival) async throws(StanzaError) in
            try await plugin.show(arrival)
        }
        registration.onIQ(.set, "vCard", in: namespace, to: .account) {
            (plugin, arrival: Arrival) async throws(StanzaError) in
            try await plugin.take(arrival)
            return nil
        }
        // Before the core sends it to whom it is for.
        registration.on(.received, "presence", priority: 100) {
            (plugin, arrival: Arrival) async throws(StanzaError) in
            await plugin.announcePhoto(in: arrival)
        }
        registration.observe(.sessionDown) { plugin, event in plugin.photos.forget(event) }
        registration.observe(.userRemoved) { plugin, event in
            if let account = event.subject { plugin.photos.forget(account) }
        }
    }

    init(_ site: Site, _ settings: VCardSettings) {
        self.site = site
        self.settings = settings
        cards = Cards(at: site)
        photos = Photos()
    }

    /// The user's own, or another's (XEP-0054 §3.1, §3.3).
    private func show(_ arrival: Arrival) async throws(StanzaError) -> XML? {
        guard let from = arrival.stanza.from else { throw .serviceUnavailable }
        let account = (arrival.stanza.to ?? from).bare
        if let card = try await cards.card(of: account) { return card }
        // Others are told the same as of an account that is not there.
        throw from.isSameAccount(as: account) ? .itemNotFound : .serviceUnavailable
    }

    /// The user's own alone (XEP-0054 §3.2).
    private func take(_ arrival: Arrival) async throws(StanzaError) {
        guard let from = arrival.stanza.from, let card = arrival.stanza.payload else {
            throw .forbidden
        }
        if let to = arrival.stanza.to, !to.isSameAccount(as: from) { throw .forbidden }
        let xml = card.xml
        guard xml.text.utf8.count <= settings.bytes else {
            throw StanzaError(
                .policyViolation,
                .modify,
                "a vCard may have \(settings.bytes) bytes"
            )
        }
        let photo = Photo.hash(in: card, at: site)
        try await cards.keep(xml, photo: photo, of: from.bare)
        if photos.replace(photo, of: from.bare) { await tellContacts(of: from.bare, photo) }
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(VCard.self) }
