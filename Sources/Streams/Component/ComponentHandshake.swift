import MartletCrypto

/// How a component shows that it knows the secret (XEP-0114 §3).
///
/// SHA-1 is what the protocol says; what is signed is new with each stream and never seen before.
public struct ComponentHandshake: Sendable {
    /// What `<handshake/>` has in it: lower-case hexadecimal digits.
    public let digest: String

    /// Of the identifier of the stream, as the server's header has it, and the secret.
    public init(id: String, secret: [UInt8]) {
        digest = Hex.encode(HashFunction.sha1.hash(Array(id.utf8) + secret))
    }

    /// Compares in a time that says nothing about the digest; white space around it is nothing.
    public func isAnswered(by text: String) -> Bool {
        let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let bytes = text.utf8.drop { space.contains($0) }
        let count = bytes.lastIndex { !space.contains($0) }.map { bytes[...$0] } ?? bytes[...]
        return constantTimeEquals(Array(count), Array(digest.utf8))
    }
}
