internal import MartletCrypto

/// How a client's SCRAM stands to channel binding (RFC 5802 §6).
public enum ScramBinding: Hashable, Sendable {
    /// It has nothing to bind by, or binds by a way that the server does not know: `n`.
    case unsupported
    /// It could bind, but the server offered no mechanism with `-PLUS`: `y`, so that a server which
    /// did offer one notices that somebody took it out.
    case notOffered
    case used(ChannelBinding)

    var flag: ScramBindingFlag {
        switch self {
        case .unsupported: .unsupported
        case .notOffered: .notOffered
        case .used(let binding): .used(binding.kind)
        }
    }

    var data: [UInt8] {
        guard case .used(let binding) = self else { return [] }
        return binding.data
    }
}

/// SCRAM as the client sees it, with and without channel binding (RFC 5802, RFC 7677).
public struct ScramClient: SASLClientMechanism {
    public let name: SASLMechanismName
    private let password: String
    private let binding: ScramBinding
    private let first: ScramClientFirst
    private var state = State.new

    private enum State {
        case new
        case begun
        case answered(signature: [UInt8])
        case verified
        case ended
    }

    /// Prepares a login; nil when the name is not one of SCRAM's, or does not fit the binding.
    ///
    /// `nonce` is this side's part, printable ASCII without commas, random but in tests.
    public init?(
        _ name: SASLMechanismName,
        username: String,
        password: String,
        authzid: String? = nil,
        binding: ScramBinding = .unsupported,
        nonce: String? = nil
    ) {
        var isBound = false
        if case .used = binding { isBound = true }
        guard name.scramHash != nil, name.isPlus == isBound, !username.isEmpty else { return nil }
        self.name = name
        self.password = password
        self.binding = binding
        first = ScramClientFirst(
            flag: binding.flag,
            authzid: authzid,
            username: username,
            nonce: nonce.map { Array($0.utf8) } ?? Base64.encodeBytes(Random.bytes(18))
        )
    }

    public mutating func begin() throws(SASLClientError) -> [UInt8]? {
        guard case .new = state else { throw .malformedChallenge }
        state = .begun
        return first.bytes
    }

    public mutating func answer(_ challenge: [UInt8]) throws(SASLClientError) -> [UInt8] {
        let before = state
        state = .ended
        switch before {
        case .begun where challenge.isEmpty:
            // A server that overlooked the initial response asks again (RFC 4422 §5.1).
            state = .begun
            return first.bytes
        case .begun:
            return try prove(challenge)
        case .answered(let signature):
            try verify(challenge, signature)
            state = .verified
            return []
        case .new, .verified, .ended:
            throw .malformedChallenge
        }
    }

    public mutating func finish(_ additionalData: [UInt8]?) throws(SASLClientError) {
        let before = state
        state = .ended
        switch (before, additionalData) {
        case (.verified, nil): return
        case (.answered(let signature), let message?): try verify(message, signature)
        default: throw .serverNotVerified
        }
    }

    private mutating func prove(_ challenge: [UInt8]) throws(SASLClientError) -> [UInt8] {
        guard let hash = name.scramHash, let server = try? ScramServerFirst(challenge) else {
            throw .malformedChallenge
        }
        guard server.nonce.count > first.nonce.count, server.nonce.starts(with: first.nonce) else {
            throw .foreignNonce
        }
        guard ScramCredentials.iterationLimits ~= server.iterations else {
            throw .iterationsRefused(server.iterations)
        }
        guard let keys = ScramKeys(password, hash, server.salt, server.iterations) else {
            throw .unusablePassword
        }
        let final = ScramClientFinal(binding: first.header + binding.data, nonce: server.nonce) {
            let message = authMessage(first, server, withoutProof: $0)
            return xor(keys.clientKey, hash.hmac(key: keys.storedKey, message))
        }
        let message = authMessage(first, server, withoutProof: final.withoutProof)
        state = .answered(signature: hash.hmac(key: keys.serverKey, message))
        return final.bytes
    }

    private func verify(_ message: [UInt8], _ signature: [UInt8]) throws(SASLClientError) {
        switch try? ScramServerFinal(message) {
        case .signature(let theirs)? where constantTimeEquals(theirs, signature): return
        case .signature?: throw .serverNotVerified
        case .error(let reason)?: throw .refused(reason)
        case nil: throw .malformedChallenge
        }
    }
}
