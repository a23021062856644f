import MartletCrypto

/// How a component shows that it knows the secret (XEP-0114 §3).
///
/// SHA-1 is what the protocol says; what is signed is new with each stream and never seen before.
public struct ComponentHandshake: Sendable {
    /// What `<handshake/>` has in it: lower-case hexadecimal digits.
    public let digest: String
    private let isSecret: Bool

    /// Of the identifier of the stream, as the server's header has it, and the secret.
    public init(id: String, secret: [UInt8]) {
        isSecret = !secret.isEmpty
        digest = Hex.encode(HashFunction.sha1.hash(Array(id.utf8) + secret))
    }

    /// Compares in a time that says nothing about the digest; white space around it is nothing.
    ///
    /// Each digest of an empty secret is wrong: anybody could make it.
    public func isAnswered(by text: String) -> Bool {
        let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let bytes = text.utf8.drop { space.contains($0) }
        let trimmed = bytes.lastIndex { !space.contains($0) }.map { bytes[...$0] } ?? bytes[...]
        return isSecret && constantTimeEquals(Array(trimmed), Array(digest.utf8))
    }
}
