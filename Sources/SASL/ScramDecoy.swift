public import MartletCore
public import MartletCrypto

/// Credentials for accounts that do not exist, so that they look like ones that do.
///
/// An account's decoy is always the same: its salt and keys come from a secret of the server by HMAC.
/// What follows is then the same work, down to the comparison that fails.
///
/// Its iteration count is one that accounts of the domain have, chosen by name (``IterationSpread``).
/// What that cannot hide is time: who has looked at a name for weeks has seen an existing account's
/// count rise at a login or change with the password, and a decoy's rise together with those of
/// others. An administrator who raises the count and cares gives all accounts new passwords at once.
public struct ScramDecoy: Sendable {
    private let secret: [UInt8]
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
        self.secret = secret
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
        let name = Array(account.bare.description.utf8)
        let count = iterations(of: name)
        // New verifiers have a new salt: it changes with the count.
        let salt = bytes("salt \(count)", name, hash)
        return ScramCredentials(
            hash: hash,
            salt: Array(salt.prefix(ScramCredentials.saltByteCount)),
            iterations: count,
            storedKey: bytes("stored", name, hash),
            serverKey: bytes("server", name, hash)
        )
    }

    /// The same for all hashes, as it is with accounts that exist.
    private func iterations(of name: [UInt8]) -> Int {
        let place = bytes("iterations", name, .sha256).prefix(4)
            .reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return spread?.iterations(at: place) ?? iterations
    }

    private func bytes(_ purpose: String, _ name: [UInt8], _ hash: HashFunction) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(32 + name.count)
        message += purpose.utf8
        message.append(0)
        message += hash.rawValue.utf8
        message.append(0)
        message += name
        return hash.hmac(key: secret, message)
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
