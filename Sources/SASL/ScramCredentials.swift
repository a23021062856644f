public import MartletCrypto

/// What a server keeps of a password for one hash: enough to check a proof, not to make one
/// (RFC 5802 §3).
public struct ScramCredentials: Hashable, Sendable {
    public let hash: HashFunction
    public let salt: [UInt8]
    public let iterations: Int
    public let storedKey: [UInt8]
    public let serverKey: [UInt8]

    /// The bytes of salt in new credentials.
    public static let saltByteCount = 16
    /// The iteration counts that anything of ours believes: below, guessing is cheap; above, a peer
    /// could keep a worker busy for minutes.
    public static let iterationLimits = 4096...10_000_000

    /// Takes keys that are known already.
    ///
    /// - Precondition: both keys are as long as the hash's digest.
    public init(
        hash: HashFunction,
        salt: [UInt8],
        iterations: Int,
        storedKey: [UInt8],
        serverKey: [UInt8]
    ) {
        precondition(storedKey.count == hash.byteCount && serverKey.count == hash.byteCount)
        self.hash = hash
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// Derives credentials from a password: slow in proportion to `iterations`, so call it on a worker.
    ///
    /// - Returns: nil when the password cannot be prepared (RFC 8265 §4).
    public static func derive(
        password: String,
        hash: HashFunction,
        salt: [UInt8] = Random.bytes(saltByteCount),
        iterations: Int
    ) -> ScramCredentials? {
        guard let keys = ScramKeys(password, hash, salt, iterations) else { return nil }
        return ScramCredentials(
            hash: hash,
            salt: salt,
            iterations: iterations,
            storedKey: keys.storedKey,
            serverKey: keys.serverKey
        )
    }

    /// Whether this is the password: one derivation and a comparison in constant time.
    public func verify(password: String) -> Bool {
        verify(password: password, deriving: ScramKeys.init)
    }

    /// The same, with a derivation that tests can count.
    func verify(password: String, deriving derive: ScramKeys.Derivation) -> Bool {
        guard let keys = derive(password, hash, salt, iterations) else { return false }
        return constantTimeEquals(keys.storedKey, storedKey)
    }
}

/// The keys that grow from one salted password (RFC 5802 §3).
struct ScramKeys {
    typealias Derivation = (String, HashFunction, [UInt8], Int) -> ScramKeys?

    let clientKey: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    init(clientKey: [UInt8], storedKey: [UInt8], serverKey: [UInt8]) {
        self.clientKey = clientKey
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// Derives the salted password, which is the slow part, and all that follows from it; nil when the
    /// password cannot be prepared.
    init?(_ password: String, _ hash: HashFunction, _ salt: [UInt8], _ iterations: Int) {
        guard let prepared = preparePassword(password) else { return nil }
        let salted = hash.pbkdf2(
            password: Array(prepared.utf8),
            salt: salt,
            iterations: iterations
        )
        clientKey = hash.hmac(key: salted, Array("Client Key".utf8))
        storedKey = hash.hash(clientKey)
        serverKey = hash.hmac(key: salted, Array("Server Key".utf8))
    }
}

/// The bits in which two byte strings of one length differ.
func xor(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
    zip(left, right).map { $0 ^ $1 }
}
