internal import MartletCore
internal import MartletCrypto

/// What the servers of our domains know and nobody else: dialback keys are made of it (XEP-0185 §2).
///
/// All nodes have the same, so that each can answer for a key which another made.
public struct DialbackSecret: Sendable {
    /// The digest of the secret, as hexadecimal digits: this text is HMAC's key (XEP-0185 §3).
    private let digest: [UInt8]

    public init(_ secret: [UInt8]) {
        digest = Array(Hex.encode(HashFunction.sha256.hash(secret)).utf8)
    }

    /// The key that proves to `receiving`, on the stream to which it gave that id, that we are the
    /// server of `originating`.
    func key(receiving: JID, originating: JID, streamID: String) -> String {
        let message = "\(receiving.domainpart) \(originating.domainpart) \(streamID)"
        return Hex.encode(HashFunction.sha256.hmac(key: digest, Array(message.utf8)))
    }

    /// Whether it is a key that we made; compared in a time that does not tell how much of it is right.
    func isValid(_ key: String, receiving: JID, originating: JID, streamID: String) -> Bool {
        let own = self.key(receiving: receiving, originating: originating, streamID: streamID)
        return constantTimeEquals(Array(own.utf8), DialbackElement.trimmed(key))
    }
}

extension DialbackSecret {
    /// Whether a key is ours: whatever we think of who asks, we are the authority (XEP-0220 §2.2.2).
    func verdict(on request: DialbackElement, _ facts: StreamFacts) -> DialbackElement {
        guard let host = facts.host(request.to) else {
            return request.answered(.error(.itemNotFound))
        }
        guard facts.isEncrypted || host.trust(request.from).tls == .optional else {
            return request.answered(.error(.policyViolation))
        }
        let isValid = isValid(
            request.key,
            receiving: request.from,
            originating: request.to,
            streamID: request.id ?? ""
        )
        return request.answered(isValid ? .valid : .invalid)
    }
}
