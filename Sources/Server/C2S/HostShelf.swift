import MartletRouter
import MartletStreams
import Synchronization

/// The domains as streams see them, each made once for a listener's terms.
///
/// A domain that a reload changes is another object, and so is found anew; settings that change empty
/// the shelf.
final class HostShelf: Sendable {
    /// Domains that are remembered; those of a server with more are made anew now and then.
    private static let limit = 256

    private struct Key: Hashable {
        let domain: ObjectIdentifier
        let terms: C2SListenerTerms
    }

    private struct Entry {
        /// Held so that no other object can have its identity.
        let domain: Domain
        let host: StreamHost
    }

    private let entries = Mutex<[Key: Entry]>([:])

    func host(of domain: Domain, on terms: C2SListenerTerms, make: () -> StreamHost) -> StreamHost {
        let key = Key(domain: ObjectIdentifier(domain), terms: terms)
        if let entry = entries.withLock({ $0[key] }) { return entry.host }
        var host = make()
        host.offers = OfferShelf()
        let entry = Entry(domain: domain, host: host)
        entries.withLock { entries in
            if entries.count >= Self.limit { entries = [:] }
            entries[key] = entry
        }
        return host
    }

    func empty() {
        entries.withLock { $0 = [:] }
    }
}
