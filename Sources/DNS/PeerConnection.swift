package import MartletNet

/// What came of connecting over a plan.
package struct PeerConnection: Sendable {
    /// One place that was tried.
    package struct Attempt: Sendable {
        package enum End: Hashable, Sendable {
            case connected
            case failed(NetError)
            /// Another place answered before, or the time for all was up.
            case abandoned
        }

        package let candidate: PeerCandidate
        /// From the beginning of all attempts.
        package let began: Duration
        package internal(set) var took: Duration
        package internal(set) var end: End

        var hasFailed: Bool {
            if case .failed = end { true } else { false }
        }
    }

    /// Nil if no place answered.
    package let transport: Transport?
    /// The place that `transport` leads to.
    package let candidate: PeerCandidate?
    /// In the order of their beginnings.
    package let attempts: [Attempt]
    /// Places that may answer yet, for when this one turns out to be no good.
    package let rest: [PeerCandidate]
    package let took: Duration
}
