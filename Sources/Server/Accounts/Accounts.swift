import MartletCore
import MartletCrypto
import MartletPluginHost
import MartletSASL
import MartletStorage

/// Who may log in: verifiers in the store, and what stands in for those that are not there.
struct Accounts: Sendable {
    let store: any Store
    /// Stands in for accounts that are not there, and makes new verifiers as costly as its own.
    let decoy: ScramDecoy
    private let census = IterationCensus()
    /// A plugin that knows the accounts of some domains, in place of the store.
    var source: Source?

    /// What is asked of plugins.
    struct Source: Sendable {
        /// Whether there is such a plugin for a domain: a task is needed only to ask one.
        let knowsAccounts: @Sendable (_ domain: String) -> Bool
        let credentials: @Sendable (_ account: JID) async -> PluginHost.Credentials?
    }

    /// The hash functions for which verifiers are kept.
    static let hashes: [HashFunction] = [.sha1, .sha256, .sha512]
    /// Which of them a password is checked with; the first is what unknown accounts cost, too.
    private static let preferred: [HashFunction] = [.sha256, .sha512, .sha1]

    /// The verifier of an account, or one that nobody can satisfy: an unknown user is not to be told
    /// from a wrong password (attacks: user enumeration).
    func credentials(
        of account: JID,
        for mechanism: SASLMechanismName
    ) async throws(StorageError) -> ScramCredentials? {
        guard let hash = mechanism.scramHash else { return nil }
        if let foreign = await source?.credentials(account) {
            return try await credentials(of: account, foreign, hash)
        }
        let spread = try await census.spread(in: account.domainpart, of: store)
        return credentials(of: account, try await store.account(account), spread, hash)
    }

    /// The same for who does not wait: `done` is told once, later and on any thread.
    ///
    /// - Returns: the task that it costs where a plugin knows the accounts, or their counts are not known.
    @discardableResult
    func credentials(
        of account: JID,
        for mechanism: SASLMechanismName,
        then done: @escaping @Sendable (Result<ScramCredentials?, StorageError>) -> Void
    ) -> Task<Void, Never>? {
        guard source?.knowsAccounts(account.domainpart) != true, let hash = mechanism.scramHash,
            let spread = census.known(in: account.domainpart)
        else {
            return Task {
                do throws(StorageError) {
                    done(.success(try await credentials(of: account, for: mechanism)))
                } catch {
                    done(.failure(error))
                }
            }
        }
        store.account(account) { found in
            done(found.map { credentials(of: account, $0, spread, hash) })
        }
        return nil
    }

    /// What the store has, or what stands in for it: that is made for every account, so that it tells
    /// nobody anything.
    private func credentials(
        of account: JID,
        _ stored: Account?,
        _ spread: IterationSpread,
        _ hash: HashFunction
    ) -> ScramCredentials {
        let stand = decoy.like(spread).credentials(of: account, hash: hash)
        return stored?.credentials(hash) ?? stand
    }

    /// What stands in for accounts of a domain, with iteration counts like theirs.
    private func decoy(in domain: String) async throws(StorageError) -> ScramDecoy {
        decoy.like(try await census.spread(in: domain, of: store))
    }

    /// Whether the password is right.
    ///
    /// Costs the same whether the account exists or not.
    ///
    /// One that is right makes verifiers anew where they are cheaper, or fewer, than those of today.
    ///
    /// - Throws: `StorageError`, or `CancellationError` when nobody waits for the answer any more.
    func verify(_ password: String, of account: JID) async throws -> Bool {
        if let foreign = await source?.credentials(account) {
            let made = try await credentials(of: account, foreign, .sha256)
            let isKnown = if case .none = foreign { false } else { true }
            let check = PasswordCheck(isKnown ? made : nil, of: account, decoy: decoy)
            return try await run(check, password)
        }
        let decoy = try await decoy(in: account.domainpart)
        let stored = try await store.account(account)
        // An account that came from elsewhere may have the verifier of another hash alone.
        let hash = Self.preferred.first { stored?.credentials($0) != nil } ?? .sha256
        let credentials = stored?.credentials(hash)
        let check = PasswordCheck(credentials, of: account, decoy: decoy, hash: hash)
        guard try await run(check, password) else { return false }
        let isDated = Self.hashes.contains { hash in
            (stored?.credentials(hash)?.iterations ?? 0) < decoy.iterations
        }
        if isDated, let stored { try? await renew(stored, password) }
        return true
    }

    /// Makes verifiers anew, unless the password was changed while they were made.
    func renew(_ checked: Account, _ password: String) async throws {
        try Task.checkCancellation()
        let verifiers = try await makeVerifiers(password)
        do {
            try await store.replaceVerifiers(checked.verifiers, with: verifiers, of: checked.jid)
        } catch StorageError.conflict, StorageError.notFound {
            // Another password, or no account: what was checked is no longer true.
        }
    }

    func add(_ account: JID, password: String) async throws {
        let verifiers = try await makeVerifiers(password)
        try await store.createAccount(Account(account, verifiers: verifiers))
    }

    func setPassword(_ password: String, of account: JID) async throws {
        let verifiers = try await makeVerifiers(password)
        try await store.setVerifiers(verifiers, of: account)
    }

    /// What a plugin knows of an account, as SCRAM needs it.
    ///
    /// Costs the same whether the plugin knows the account or not.
    private func credentials(
        of account: JID,
        _ foreign: PluginHost.Credentials,
        _ hash: HashFunction
    ) async throws(StorageError) -> ScramCredentials {
        let stand = decoy.credentials(of: account, hash: hash)
        try await adopt(account, if: foreign)
        switch foreign {
        case .failed: throw .unavailable("the plugin that knows the accounts did not say")
        case .none:
            _ = await derive("nobody's", like: stand)
            return stand
        case .password(let password): return await derive(password, like: stand) ?? stand
        case .verifiers(let verifiers):
            _ = await derive("anybody's", like: stand)
            let text = verifiers["SCRAM-\(hash.rawValue)"]
            return text.flatMap(ScramCredentials.init(text:)) ?? stand
        }
    }

    /// An account that a plugin knows has a roster and an offline log like any other, but no verifiers:
    /// without the plugin nobody logs in to it.
    private func adopt(
        _ account: JID,
        if foreign: PluginHost.Credentials
    ) async throws(StorageError) {
        guard try await store.account(account) == nil else { return }
        switch foreign {
        case .password, .verifiers:
            do throws(StorageError) {
                try await store.createAccount(Account(account, verifiers: [:]))
            } catch {
                // Another of its streams was quicker.
                guard error == .conflict else { throw error }
            }
        case .none, .failed: break
        }
    }

    @concurrent
    private func derive(
        _ password: String,
        like stand: ScramCredentials
    ) async -> ScramCredentials? {
        // Nobody waits for what would be derived.
        guard !Task.isCancelled else { return nil }
        return ScramCredentials.derive(
            password: password,
            hash: stand.hash,
            salt: stand.salt,
            iterations: stand.iterations
        )
    }

    /// Key derivation takes milliseconds, so it does not run on a shard.
    @concurrent
    private func run(_ check: PasswordCheck, _ password: String) async throws -> Bool {
        // It may have stood in line for long.
        try Task.checkCancellation()
        return check.run(password: password)
    }

    private func makeVerifiers(_ password: String) async throws -> [String: String] {
        try await Self.verifiers(of: password, iterations: decoy.iterations)
    }

    /// - Throws: `AccountFault` when the password is none (RFC 8265 §4).
    @concurrent
    static func verifiers(of password: String, iterations: Int) async throws -> [String: String] {
        var verifiers: [String: String] = [:]
        for hash in Self.hashes {
            let credentials = ScramCredentials.derive(
                password: password,
                hash: hash,
                iterations: iterations
            )
            guard let credentials else { throw AccountFault.unusablePassword }
            verifiers[credentials.mechanism] = credentials.text
        }
        return verifiers
    }
}

/// Why an account cannot be made or changed.
public enum AccountFault: Error, Sendable, CustomStringConvertible {
    case unusablePassword

    public var description: String {
        switch self {
        case .unusablePassword: "the password is empty or has characters that no password may have"
        }
    }
}

extension Account {
    /// The verifier for one hash function; none while the account is disabled.
    func credentials(_ hash: HashFunction) -> ScramCredentials? {
        guard !isDisabled, let text = verifiers["SCRAM-\(hash.rawValue)"] else { return nil }
        return ScramCredentials(text: text)
    }
}
