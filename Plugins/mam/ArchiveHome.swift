import MartletPluginKit

/// What has to be known to archive an account's messages, kept with its home: none of it is asked for
/// again while nobody's preferences change.
final class ArchiveHome: Sendable {
    let account: JID
    let cipher: ArchiveCipher
    /// Whether everything is archived, or nothing; nil where that depends on with whom.
    let wants: Bool?
    /// How often preferences had been changed when this was made.
    let generation: Int

    init(_ account: JID, _ cipher: ArchiveCipher, _ preferences: Preferences, _ generation: Int) {
        self.account = account
        self.cipher = cipher
        self.generation = generation
        let dependsOnPeer = !preferences.always.isEmpty || !preferences.never.isEmpty
        wants =
            switch preferences.default {
            case .always: dependsOnPeer ? nil : true
            case .never: dependsOnPeer ? nil : false
            case .roster: nil
            }
    }
}

extension MessageArchive {
    /// What is kept with the home that is lent; nil when the store has to be asked for some of it.
    func home(at place: borrowing Place) -> ArchiveHome? {
        // Before anything else is looked at, so that a change meanwhile is seen next time.
        let generation = preferences.generation
        if let kept = place.state(ArchiveHome.self), kept.generation == generation { return kept }
        guard let account = place.account, register.knows(account),
            let cipher = ids.knownCipher(for: account),
            let preferences = preferences.preferences(of: account)
        else { return nil }
        let made = ArchiveHome(account, cipher, preferences, generation)
        place.setState(made)
        return made
    }
}
