public import MartletCore
public import MartletXML

/// A client's stream before it has a resource, as modules see it.
public struct StreamPeer: Sendable {
    /// The domain that the client asked for.
    public let domain: Domain
    public let isEncrypted: Bool
    /// Who logged in, if anybody.
    public let account: JID?
    /// The address of the client's machine, without a port.
    public let address: String
    /// How many attempts to log in by SASL failed on it.
    public let saslFailures: Int

    public init(
        domain: Domain,
        isEncrypted: Bool,
        account: JID?,
        address: String,
        saslFailures: Int = 0
    ) {
        self.domain = domain
        self.isEncrypted = isEncrypted
        self.account = account
        self.address = address
        self.saslFailures = saslFailures
    }

    public var isAuthenticated: Bool { account != nil }
}

/// What a module makes of an iq that came before a resource was bound.
public enum StreamVerdict: Sendable {
    /// Somebody else may know it.
    case ignored
    /// It was dealt with; this is written to the stream.
    case handled([Element])
    /// The client is taken for this full address, as if it had logged in and bound it; it is written
    /// this (XEP-0078).
    case login(JID, [Element])
    case close(StreamError)
}

/// Looks at an iq of a stream without a resource; the stream waits meanwhile.
public typealias StreamHandler =
    @Sendable (isolated RouterShard, Stanza, StreamPeer) async -> StreamVerdict

struct StreamEntry: Sendable {
    let match: Match
    let handler: StreamHandler
}

/// When a stream feature is shown.
public enum StreamMoment: Sendable { case beforeLogin, beforeBind }

extension RouterShard {
    /// Asks the domain's modules, in the order in which they registered, until one knows.
    public func consult(_ stanza: Stanza, _ peer: StreamPeer) async -> StreamVerdict {
        for entry in peer.domain.modules.streamHandlers where entry.match.matches(stanza.element) {
            let verdict = await entry.handler(self, stanza, peer)
            guard case .ignored = verdict else { return verdict }
        }
        return .ignored
    }
}
