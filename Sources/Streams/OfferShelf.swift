import MartletSASL
import MartletXML
import Synchronization

/// What a host offers in each state of its streams, put together once.
///
/// For hosts whose features depend on nothing but encryption, the ways to bind to it, and whether the
/// client has logged in; it lives as long as what the host offers stays the same.
public final class OfferShelf: Sendable {
    private struct State: Hashable {
        let isEncrypted: Bool
        let bindings: [ChannelBinding.Kind]
        let hasLoggedIn: Bool
    }

    private let offers = Mutex<[State: Element]>([:])

    public init() {}

    /// The features in a state, made by `make` where nobody was in that state before.
    func features(in state: StreamState, make: () -> Element) -> Element {
        // EXTERNAL is offered to those alone whose certificate names an account.
        guard state.security.certifiedAddresses.isEmpty else { return make() }
        let key = State(
            isEncrypted: state.security.isEncrypted,
            bindings: state.security.channelBindings.map(\.kind),
            hasLoggedIn: state.account != nil
        )
        if let known = offers.withLock({ $0[key] }) { return known }
        let made = make()
        offers.withLock { $0[key] = made }
        return made
    }
}
