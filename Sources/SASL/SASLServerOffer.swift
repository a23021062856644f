public import MartletCore

/// What one stream offers to whoever logs in, and how each of it begins.
///
/// Features and exchanges come from the same value, so nothing can be used that was not offered.
public struct SASLServerOffer: Sendable {
    /// The prepared domainpart that users log in to.
    public var domain: String
    /// The mechanisms that the domain allows.
    public var enabled: [SASLMechanismName]
    /// Whether TLS protects the stream, or the operator said that it need not (a loopback listener).
    public var isProtected: Bool
    /// What the TLS connection can be bound by; empty without TLS.
    public var bindings: [ChannelBinding]
    /// The addresses that the peer's verified certificate names.
    public var certificateIdentities: [JID]
    /// Whether servers log in here (RFC 6120 §13.7.1.2) instead of users.
    public var isForServers: Bool
    public var decoy: ScramDecoy

    public init(
        domain: String,
        enabled: [SASLMechanismName],
        isProtected: Bool,
        bindings: [ChannelBinding] = [],
        certificateIdentities: [JID] = [],
        isForServers: Bool = false,
        decoy: ScramDecoy
    ) {
        self.domain = domain
        self.enabled = enabled
        self.isProtected = isProtected
        self.bindings = bindings
        self.certificateIdentities = certificateIdentities
        self.isForServers = isForServers
        self.decoy = decoy
    }

    /// The mechanisms for the stream's features, the strongest first (RFC 6120 §6.3.3).
    public var mechanisms: [SASLMechanismName] {
        SASLMechanismName.known.filter { isOffered($0) }
    }

    /// Begins an exchange.
    ///
    /// - Throws: `encryption-required` for a mechanism that TLS would make possible, and
    ///   `invalid-mechanism` for any other that was not offered (RFC 6120 §6.5.6).
    public func begin(_ name: SASLMechanismName) throws(SASLFailure) -> any SASLServerMechanism {
        guard isOffered(name) else {
            let wantsTLS = name.needsTLS && !isProtected && enabled.contains(name)
            throw wantsTLS ? .encryptionRequired : .invalidMechanism
        }
        switch name {
        case .plain: return PlainServer(domain: domain)
        case .anonymous: return AnonymousServer(domain: domain)
        case .external: return external
        default:
            guard let scram = scram(name) else { throw .invalidMechanism }
            return scram
        }
    }

    private var external: ExternalServer {
        ExternalServer(
            identities: certificateIdentities,
            domain: isForServers ? nil : JID(prepared: nil, domain)
        )
    }

    private func scram(_ name: SASLMechanismName) -> ScramServer? {
        ScramServer(
            name,
            domain: domain,
            decoy: decoy,
            bindings: bindings,
            offersPlus: !bindings.isEmpty && mechanisms.contains { $0.isPlus }
        )
    }

    private func isOffered(_ name: SASLMechanismName) -> Bool {
        guard enabled.contains(name), isProtected || !name.needsTLS else { return false }
        if name.isPlus { return !bindings.isEmpty }
        // A certificate for users of other domains says nothing here (XEP-0178 §2).
        if name == .external { return external.isUsable }
        return true
    }
}
