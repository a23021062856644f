internal import MartletCore
public import MartletCrypto

/// ANONYMOUS as the server sees it: everyone is welcome, under a name made for the occasion
/// (RFC 4505, XEP-0175).
public struct AnonymousServer: SASLServerMechanism {
    public let name = SASLMechanismName.anonymous
    private let account: JID
    private var state = State.waiting

    private enum State { case waiting, ended }

    /// - Parameters:
    ///   - domain: a prepared domainpart.
    ///   - localpart: the name that the visitor gets; 128 random bits but in tests.
    public init(domain: String, localpart: String = Random.token(byteCount: 16)) {
        account = JID(prepared: localpart, domain)
    }

    public mutating func step(_ event: SASLServerEvent) -> SASLServerAction {
        let before = state
        state = .ended
        switch (before, event) {
        case (.waiting, .initial(nil)):
            state = .waiting
            return .challenge([])
        case (.waiting, .initial(let trace?)), (.waiting, .response(let trace)):
            guard isTrace(trace) else { return .failure(.malformedRequest) }
            return .success(SASLIdentity(account, by: .anonymous), additionalData: nil)
        default:
            return .failure(.malformedRequest)
        }
    }

    /// Whether the trace is what RFC 4505 §2 allows: up to 255 characters, or nothing.
    ///
    /// Its words are not used: whoever reads logs would take them for more than they are.
    private func isTrace(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return true }
        guard bytes.count <= 255 * 4, let trace = text(bytes[...]) else { return false }
        return trace.unicodeScalars.count <= 255
    }
}
