import FoundationEssentials
import MartletPluginKit
import Synchronization

enum Photo {
    /// The hash by which contacts know a vCard's photo (XEP-0153 §3.1); nil when it has none that can
    /// be read.
    static func hash(in card: Node, at site: Site) -> String? {
        let photo = card.child("PHOTO", in: VCard.namespace)
        let text = photo?.child("BINVAL", in: VCard.namespace)?.text ?? ""
        // Lines may be folded (XEP-0153 §4.5).
        guard let image = Data(base64Encoded: text, options: .ignoreUnknownCharacters),
            !image.isEmpty
        else { return nil }
        return Site.hex(site.digest("sha-1", of: Array(image)))
    }
}

/// What the accounts that are there show: the hashes of their photos, and which of their clients leave
/// it to the server to tell.
final class Photos: Sendable {
    private struct Account {
        /// Nil: it has no photo.
        var photo: String?
        /// Their presence was given the hash here.
        var silent: Set<SessionID> = []
    }

    private let accounts = Mutex<[JID: Account]>([:])

    /// The hash of an account's photo (nil: none), if it is known here.
    func photo(of account: JID) -> String?? {
        accounts.withLock { $0[account].map(\.photo) }
    }

    /// Takes what was read, unless something newer came first; gives back what holds now.
    func learn(_ photo: String?, of account: JID) -> String? {
        accounts.withLock { accounts in
            if let known = accounts[account] { return known.photo }
            accounts[account] = Account(photo: photo)
            return photo
        }
    }

    /// Takes a new hash; says whether it is another than before, as far as anybody was told.
    func replace(_ photo: String?, of account: JID) -> Bool {
        accounts.withLock { accounts in
            let old = accounts[account]
            // Also where nobody was told yet: whoever reads the store just now may be too late.
            accounts[account, default: Account()].photo = photo
            return old.map { $0.photo != photo } ?? false
        }
    }

    /// Remembers whether a client tells of the photo itself.
    func note(_ session: SessionID, of account: JID, isSilent: Bool) {
        accounts.withLock { accounts in
            if isSilent {
                accounts[account]?.silent.insert(session)
            } else {
                accounts[account]?.silent.remove(session)
            }
        }
    }

    func isSilent(_ session: SessionID, of account: JID) -> Bool {
        accounts.withLock { $0[account]?.silent.contains(session) == true }
    }

    /// A session ended.
    func forget(_ event: borrowing Event) {
        guard let session = event.session, let place = event.place, let account = place.account
        else { return }
        let isEmpty = !place.sessions.contains { $0.id != session }
        accounts.withLock { accounts in
            accounts[account]?.silent.remove(session)
            if isEmpty { accounts[account] = nil }
        }
    }

    func forget(_ account: JID) { accounts.withLock { $0[account] = nil } }
}
