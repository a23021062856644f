public import MartletCore
public import MartletCrypto

/// Credentials for accounts that do not exist, so that they look like ones that do.
///
/// An account's decoy is always the same: its salt comes from a secret of the server by a keyed hash.
/// What follows is then the same work, down to the comparison that fails. It is made at every login, of
/// accounts that exist as well, so it has to cost next to nothing.
///
/// Its iteration count is one that accounts of the domain have, chosen by name (``IterationSpread``).
/// What that cannot hide is time: who has looked at a name for weeks has seen an existing account's
/// count rise at a login or change with the password, and a decoy's rise together with those of
/// others. An administrator who raises the count and cares gives all accounts new passwords at once.
public struct ScramDecoy: Sendable {
    private let source: Source
    /// The iteration count that new accounts get.
    public let iterations: Int
    /// Which counts existing accounts have; nil when they all have the one of new ones.
    private var spread: IterationSpread?

    /// - Parameters:
    ///   - secret: at least 16 random bytes, kept over restarts: with a new secret, salts change, and
    ///     a change tells that an account does not exist.
    ///   - iterations: the count that new accounts get.
    public init(secret: [UInt8], iterations: Int) {
        precondition(secret.count >= 16, "a secret is worth its length")
        source = Source(secret)
        self.iterations = iterations
    }

    /// The same, with iteration counts like those of accounts that exist.
    public func like(_ spread: IterationSpread) -> ScramDecoy {
        var decoy = self
        decoy.spread = spread
        return decoy
    }

    /// What a lookup for an account that does not exist goes on with.
    public func credentials(of account: JID, hash: HashFunction) -> ScramCredentials {
        account.withUTF8 { text in
            let name = UnsafeRawBufferPointer(rebasing: text.prefix(account.bareByteCount))
            let count = spread?.iterations(at: source.place(of: name)) ?? iterations
            let keys = source.keys(hash)
            return ScramCredentials(
                hash: hash,
                // New verifiers have a new salt: it changes with the count.
                salt: source.salt(of: name, hash, count),
                iterations: count,
                storedKey: keys,
                serverKey: keys
            )
        }
    }
}

/// What decoys are made from, all of it from one secret.
private final class Source: Sendable {
    private let places: SipHash
    private let salts: SipHash
    /// In the order of `HashFunction.allCases`; nobody is ever shown them, nor knows what leads to them.
    private let keys: [[UInt8]]

    init(_ secret: [UInt8]) {
        let seed = HashFunction.sha256.hmac(key: secret, Array("decoys".utf8))
        places = SipHash(key: seed.prefix(16))
        salts = SipHash(key: seed.suffix(16))
        keys = HashFunction.allCases.map { $0.hmac(key: secret, Array("keys".utf8)) }
    }

    /// Where an account stands among all; the same for all hashes, as it is with accounts that exist.
    func place(of name: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: places.hash(0, name))
    }

    func salt(of name: UnsafeRawBufferPointer, _ hash: HashFunction, _ count: Int) -> [UInt8] {
        let purpose = UInt64(count) << 8 | UInt64(index(hash)) << 1
        let words = (
            salts.hash(purpose, name).littleEndian, salts.hash(purpose | 1, name).littleEndian
        )
        return withUnsafeBytes(of: words) { Array($0) }
    }

    func keys(_ hash: HashFunction) -> [UInt8] { keys[index(hash)] }

    private func index(_ hash: HashFunction) -> Int {
        switch hash {
        case .sha1: 0
        case .sha256: 1
        case .sha384: 2
        case .sha512: 3
        }
    }
}

/// The comparison behind PLAIN, whether the account exists or not: exactly one derivation.
public struct PasswordCheck: Sendable {
    private let credentials: ScramCredentials
    private let isReal: Bool

    /// Takes what the store has: nil for no such account, for which a derivation with the hash that
    /// new accounts get leads nowhere.
    public init(
        _ stored: ScramCredentials?,
        of account: JID,
        decoy: ScramDecoy,
        hash: HashFunction = .sha256
    ) {
        credentials = stored ?? decoy.credentials(of: account, hash: hash)
        isReal = stored != nil
    }

    /// Derives and compares: slow in proportion to the iterations, so call it on a worker.
    public func run(password: String) -> Bool {
        run(password: password, deriving: ScramKeys.init)
    }

    /// The same, with a derivation that tests can count.
    func run(password: String, deriving derive: ScramKeys.Derivation) -> Bool {
        credentials.verify(password: password, deriving: derive) && isReal
    }
}
