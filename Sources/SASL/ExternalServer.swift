public import MartletCore

/// EXTERNAL as the server sees it: the certificate has proved who is there (RFC 4422 §A, XEP-0178).
public struct ExternalServer: SASLServerMechanism {
    public let name = SASLMechanismName.external
    private let identities: [JID]
    private var state = State.waiting

    private enum State { case waiting, ended }

    /// - Parameters:
    ///   - identities: the addresses that a verified certificate names, users' bare ones or domains.
    ///   - domain: for users, their domain: addresses of others do not count. Nil for servers.
    public init(identities: [JID], domain: JID? = nil) {
        self.identities = identities.filter { identity in
            guard let domain else { return identity.isDomain }
            return identity.isBare && identity.hasLocalpart && identity.domain == domain
        }
    }

    /// Whether anybody can log in with it.
    var isUsable: Bool { !identities.isEmpty }

    public mutating func step(_ event: SASLServerEvent) -> SASLServerAction {
        let before = state
        state = .ended
        switch (before, event) {
        case (.waiting, .initial(nil)):
            state = .waiting
            return .challenge([])
        case (.waiting, .initial(let authzid?)), (.waiting, .response(let authzid)):
            do {
                let identity = try identity(for: authzid)
                return .success(SASLIdentity(identity, by: .external), additionalData: nil)
            } catch { return .failure(error) }
        default:
            return .failure(.malformedRequest)
        }
    }

    /// Chooses among the certificate's addresses (XEP-0178 §2, step 11).
    private func identity(for authzid: [UInt8]) throws(SASLFailure) -> JID {
        guard let first = identities.first else { throw .notAuthorized }
        guard !authzid.isEmpty else {
            guard Set(identities).count == 1 else { throw .invalidAuthzid }
            return first
        }
        guard authzid.count <= 3071, let text = text(authzid[...]), let wanted = try? JID(text),
            identities.contains(wanted)
        else { throw .invalidAuthzid }
        return wanted
    }
}
