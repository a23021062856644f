import MartletCore
import MartletCrypto
import MartletSASL
import MartletStorage

/// Who may log in: verifiers in the store, and what stands in for those that are not there.
struct Accounts: Sendable {
    let store: any Store
    /// Makes salts for unknown names that cannot be told from real ones.
    let secret: [UInt8]
    /// For new verifiers; older ones are made anew when their user logs in with a password.
    let iterations: Int

    /// The hash functions for which verifiers are kept.
    static let hashes: [HashFunction] = [.sha1, .sha256, .sha512]

    /// The verifier of an account, or one that nobody can satisfy: an unknown user is not to be told
    /// from a wrong password (attacks: user enumeration).
    func credentials(
        of account: JID,
        for mechanism: SASLMechanismName
    ) async throws(StorageError) -> ScramCredentials? {
        guard let hash = mechanism.hash else { return nil }
        let stored = try await store.account(account)
        guard let stored, !stored.isDisabled, let text = stored.verifiers[hash.scramName],
            let verifier = ScramVerifier(text)
        else {
            return .unknown(account, hash: hash, iterations: iterations, secret: secret)
        }
        return .known(verifier)
    }

    /// Whether the password is right. Costs the same whether the account exists or not.
    func verify(_ password: String, of account: JID) async throws(StorageError) -> Bool {
        let stored = try await store.account(account)
        let verifiers = stored?.verifiers ?? [:]
        let verifier = Self.hashes.reversed().lazy
            .compactMap { verifiers[$0.scramName] }
            .compactMap { ScramVerifier($0) }.first
        let standIn = ScramVerifier.unknown(
            account,
            hash: .sha512,
            iterations: iterations,
            secret: secret
        )
        let isRight = await check(password, against: verifier ?? standIn)
        guard isRight, let verifier, let stored, !stored.isDisabled else { return false }
        if verifier.iterations < iterations || verifiers.count < Self.hashes.count {
            try? await setPassword(password, of: account)
        }
        return true
    }

    func add(_ account: JID, password: String) async throws {
        let verifiers = try await makeVerifiers(password)
        try await store.createAccount(Account(account, verifiers: verifiers))
    }

    func setPassword(_ password: String, of account: JID) async throws {
        let verifiers = try await makeVerifiers(password)
        try await store.setVerifiers(verifiers, of: account)
    }

    /// Key derivation takes milliseconds, so it does not run on a shard.
    @concurrent
    private func check(_ password: String, against verifier: ScramVerifier) async -> Bool {
        verifier.verify(password: password)
    }

    @concurrent
    private func makeVerifiers(_ password: String) async throws -> [String: String] {
        var verifiers: [String: String] = [:]
        for hash in Self.hashes {
            let verifier = try ScramVerifier.derive(
                password: password,
                hash: hash,
                salt: Random.bytes(16),
                iterations: iterations
            )
            verifiers[hash.scramName] = verifier.encoded
        }
        return verifiers
    }
}
