public import MartletCore

/// What a client can log in with, and the choice that follows from a server's offer.
public struct SASLClient: Sendable {
    public enum Credential: Sendable {
        case password(username: String, password: String)
        /// A certificate that the TLS connection presents, and whom to act as: nil leaves that to the
        /// server, which the certificate then tells (XEP-0178 §2).
        case certificate(authzid: JID?)
        case anonymous
    }

    public var credentials: [Credential]
    /// Whether TLS protects the stream and the server's certificate has been verified.
    public var isProtected: Bool
    /// What the TLS connection can be bound by, the preferred way first.
    public var bindings: [ChannelBinding]
    /// The mechanisms that the user accepts.
    public var allowed: [SASLMechanismName]

    public init(
        _ credentials: [Credential],
        isProtected: Bool,
        bindings: [ChannelBinding] = [],
        allowed: [SASLMechanismName] = SASLMechanismName.known
    ) {
        self.credentials = credentials
        self.isProtected = isProtected
        self.bindings = bindings
        self.allowed = allowed
    }

    /// Begins with the strongest mechanism that both sides have; PLAIN never without TLS.
    ///
    /// `offeredBindings` are the kinds that the server lists (XEP-0440 §3), nil when it lists none.
    ///
    /// - Throws: `noCommonMechanism`.
    public func choose(
        from offered: [SASLMechanismName],
        offeredBindings: [ChannelBinding.Kind]? = nil
    ) throws(SASLClientError) -> any SASLClientMechanism {
        let binding = bindings.first { offeredBindings?.contains($0.kind) ?? true }
        let serverBinds = offered.contains { $0.isPlus }
        for name in SASLMechanismName.known where offered.contains(name) && allowed.contains(name) {
            guard isProtected || !name.needsTLS, binding != nil || !name.isPlus else { continue }
            let use: ScramBinding
            switch binding {
            case let binding? where name.isPlus: use = .used(binding)
            case .some where !serverBinds: use = .notOffered
            default: use = .unsupported
            }
            if let mechanism = begin(name, use) { return mechanism }
        }
        throw .noCommonMechanism
    }

    private func begin(
        _ name: SASLMechanismName,
        _ binding: ScramBinding
    ) -> (any SASLClientMechanism)? {
        for credential in credentials {
            switch credential {
            case .password(let username, let password) where name == .plain:
                return PlainClient(username: username, password: password)
            case .password(let username, let password) where name.scramHash != nil:
                return ScramClient(name, username: username, password: password, binding: binding)
            case .certificate(let authzid) where name == .external:
                return ExternalClient(authzid: authzid)
            case .anonymous where name == .anonymous:
                return AnonymousClient()
            default: continue
            }
        }
        return nil
    }
}

extension SASLClient.Credential: CustomStringConvertible {
    /// The kind and the name; the password stays out of logs.
    public var description: String {
        switch self {
        case .password(let username, _): "password of \(username)"
        case .certificate(let authzid): "certificate for \(authzid?.description ?? "its owner")"
        case .anonymous: "anonymous"
        }
    }
}
