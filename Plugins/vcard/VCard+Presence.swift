import MartletPluginKit

extension VCard {
    private static let updateNamespace = "vcard-temp:x:update"

    /// Gives presence the hash of the account's photo, where the client says nothing of one
    /// (XEP-0153 §4.1, XEP-0398 §4).
    func announcePhoto(in arrival: Arrival) async -> Verdict {
        let presence = arrival.stanza
        guard settings.announcePhotos, presence.type == .none, let session = arrival.session,
            let account = presence.from?.bare
        else { return .continue }
        let photo = await photo(of: account)
        let said = presence.child("x", in: Self.updateNamespace)
        // An empty element says that there is no photo, a full one which it is.
        let isSilent = said?.child("photo", in: Self.updateNamespace) == nil
        if presence.to == nil { photos.note(session, of: account, isSilent: isSilent) }
        guard isSilent, let photo else { return .continue }
        return presence.edited(
            removing: Array(presence.root.children("x", in: Self.updateNamespace)),
            appending: Self.update(photo)
        ).map { .replace($0) } ?? .continue
    }

    /// Presence goes on without a hash that cannot be had.
    private func photo(of account: JID) async -> String? {
        if let known = photos.photo(of: account) { return known }
        do {
            return photos.learn(try await cards.photo(of: account), of: account)
        } catch {
            site.log(.warning, "the photo's hash of an account cannot be read: \(error.condition)")
            return nil
        }
    }

    private static func update(_ photo: String?) -> XML {
        XML("x", in: updateNamespace) { $0.element("photo") { $0.text(photo ?? "") } }
    }

    /// Sends the presence of clients that leave it to the server once more, with the new hash.
    func tellContacts(of account: JID, _ photo: String?) async {
        guard settings.announcePhotos,
            let roster = try? await site.accounts.roster(of: account)
        else { return }
        let contacts = roster.filter(\.hasFrom).map(\.jid)
        let photos = photos
        let update = Self.update(photo)
        _ = await site.visit(account) { place in
            for session in place.sessions where photos.isSilent(session.id, of: account) {
                guard let last = session.presence else { continue }
                let old = Array(last.root.children("x", in: Self.updateNamespace))
                guard let told = last.edited(removing: old, appending: update) else { continue }
                place.announce(told, of: session.id, to: contacts)
            }
        }
    }
}
