import MartletPluginKit

/// The vCards of a domain's accounts, and the hashes of their photos beside them.
struct Cards: Sendable {
    static let collection = "vcard"
    private static let cardKey = "card"
    private static let photoKey = "photo"

    private let store: Store

    init(at site: Site) { store = site.store }

    func card(of account: JID) async throws(StanzaError) -> XML? {
        try await text(Self.cardKey, of: account).map(XML.init(trusting:))
    }

    /// The hash of the photo; nil where there is none.
    func photo(of account: JID) async throws(StanzaError) -> String? {
        try await text(Self.photoKey, of: account)
    }

    /// Keeps both, or neither; a vCard without content is none.
    func keep(_ card: XML, photo: String?, of account: JID) async throws(StanzaError) {
        let isBlank = card == XML("vCard", in: VCard.namespace)
        let operations = [
            Self.operation(Self.cardKey, isBlank ? nil : card.text),
            Self.operation(Self.photoKey, photo),
        ]
        do {
            _ = try await store.perform(operations, of: .account(account))
        } catch {
            throw error.stanzaError
        }
    }

    private func text(_ key: String, of account: JID) async throws(StanzaError) -> String? {
        do {
            let found = try await store.perform(
                .get(key: key, in: Self.collection),
                of: .account(account)
            )
            return found.document.map { String(decoding: $0.value, as: UTF8.self) }
        } catch {
            throw error.stanzaError
        }
    }

    private static func operation(_ key: String, _ text: String?) -> Operation {
        guard let text else { return .delete(key: key, in: collection) }
        return .put(key: key, in: collection, value: Array(text.utf8))
    }
}
