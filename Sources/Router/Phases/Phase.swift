/// A place on a stanza's way where modules may act.
public enum Phase: Int, Sendable, CaseIterable {
    /// A client of this domain sent it; `from` is stamped, nothing was done yet.
    case received
    /// It is addressed to the domain itself.
    case domain
    /// It is an iq addressed to an account, which the server answers on the account's behalf.
    case account
    /// It reached the home of the user it is for; no resource has it yet.
    case delivery
    /// It is for a user with no resource to take it.
    case offline
    /// It is about to be written to one session's client.
    case client
    /// It is for a domain that a module keeps under this one.
    case service
    /// It is a presence that the server sends to one contact on a user's behalf (RFC 6121 §4.2.2).
    case broadcast
    /// Another server or a component sent it to this domain, or to somebody in it; `from` was proved,
    /// nothing was done yet, and nobody may wait.
    case elsewhere
}
