internal import MartletCore

/// PLAIN as the server sees it: `authzid NUL authcid NUL password` (RFC 4616 §2).
public struct PlainServer: SASLServerMechanism {
    public let name = SASLMechanismName.plain
    private let domain: String
    private var state = State.waiting

    private enum State {
        case waiting
        case verifying(JID)
        case ended
    }

    public init(domain: String) {
        self.domain = domain
    }

    public mutating func step(_ event: SASLServerEvent) -> SASLServerAction {
        let before = state
        state = .ended
        switch (before, event) {
        case (.waiting, .initial(nil)):
            state = .waiting
            return .challenge([])
        case (.waiting, .initial(let message?)), (.waiting, .response(let message)):
            do { return try verify(PlainMessage(message)) } catch { return .failure(error) }
        case (.verifying(let account), .verified(true)):
            return .success(SASLIdentity(account, by: .plain), additionalData: nil)
        case (.verifying, .verified(false)):
            return .failure(.notAuthorized)
        default:
            return .failure(.malformedRequest)
        }
    }

    private mutating func verify(_ message: PlainMessage) throws(SASLFailure) -> SASLServerAction {
        let account = try account(of: message.username, authzid: message.authzid, domain: domain)
        guard let username = account.localpart, let password = preparePassword(message.password)
        else { throw .notAuthorized }
        state = .verifying(account)
        return .verifyPassword(username: username, password: password)
    }
}

/// PLAIN's one message, with its three parts apart.
package struct PlainMessage: Hashable, Sendable {
    package let authzid: String?
    package let username: String
    package let password: String

    /// - Throws: `malformed-request` unless there are two NULs, a username, a password and UTF-8.
    package init(_ message: [UInt8]) throws(SASLFailure) {
        let parts = message.split(separator: 0, omittingEmptySubsequences: false)
        guard message.count <= ScramAttributes.byteLimit, parts.count == 3,
            let username = text(parts[1]), let password = text(parts[2])
        else { throw .malformedRequest }
        self.username = username
        self.password = password
        authzid = text(parts[0])
        guard parts[0].isEmpty || authzid != nil else { throw .malformedRequest }
    }
}
