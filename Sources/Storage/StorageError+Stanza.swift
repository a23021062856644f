public import MartletCore

extension StorageError {
    /// What a peer is told of it, when its request could not be done for this reason.
    ///
    /// A database that is full or away is `resource-constraint`, and whatever else is ours to mend
    /// `internal-server-error`, both to be tried again (RFC 6120 §8.3.3.18 and §8.3.3.7). Facts about
    /// the database stay here. Callers that expect `.conflict` or `.notFound` answer these themselves.
    public var stanzaError: StanzaError {
        switch self {
        case .full, .unavailable: StanzaError(.resourceConstraint, .wait)
        case .conflict, .notFound, .corrupt, .incompatible, .invalid: .internalServerError
        }
    }
}
