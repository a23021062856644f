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

    private struct State {
        var entries: [Key: Entry] = [:]
        /// How often it was emptied: what was made before that may be of other settings.
        var round = 0
    }

    private let state = Mutex(State())

    func host(of domain: Domain, on terms: C2SListenerTerms, make: () -> StreamHost) -> StreamHost {
        let key = Key(domain: ObjectIdentifier(domain), terms: terms)
        let (known, round) = state.withLock { ($0.entries[key], $0.round) }
        if let known { return known.host }
        var host = make()
        host.offers = OfferShelf()
        let entry = Entry(domain: domain, host: host)
        state.withLock { state in
            guard state.round == round else { return }
            if state.entries.count >= Self.limit { state.entries = [:] }
            state.entries[key] = entry
        }
        return host
    }

    func empty() {
        state.withLock { state in
            state.entries = [:]
            state.round += 1
        }
    }
}
