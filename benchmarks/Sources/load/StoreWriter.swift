import MartletCore
import MartletCrypto
import MartletStorage

/// Writes accounts and rosters into the database of a Martlet that is not started yet: thousands a
/// second, where `martlet user add` derives keys for each.
struct StoreWriter {
    private let store: any Store
    private let domain: String
    private let verifiers: [String: String]

    /// Writes into a file of SQLite's, or a PostgreSQL by its connection URI.
    static func write(_ population: Population, of domain: String, to place: String) async throws {
        let store = try await StorePlace.open(place, isDurable: false)
        let writer = StoreWriter(store, domain)
        do {
            try await writer.write(population)
        } catch {
            await writer.store.close()
            throw error
        }
        await writer.store.close()
    }

    private init(_ store: any Store, _ domain: String) {
        self.store = store
        self.domain = domain
        verifiers = Self.makeVerifiers()
    }

    /// A few at a time, which the store commits together.
    private func write(_ population: Population) async throws {
        let width = 256
        for first in stride(from: 0, to: population.count, by: width) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in first..<min(first + width, population.count) {
                    group.addTask { try await write(number, of: population) }
                }
                try await group.waitForAll()
            }
        }
    }

    private func write(_ number: Int, of population: Population) async throws {
        let jid = try JID("\(Population.name(number))@\(domain)")
        try await store.createAccount(Account(jid, verifiers: verifiers))
        let addresses = population.addresses(of: number, in: domain)
        guard !addresses.isEmpty else { return }
        let changes = try addresses.map {
            RosterChange.set(RosterItem(try JID($0), subscription: population.subscription))
        }
        try await store.changeRoster(changes, of: jid)
    }

    /// As Martlet makes them, with one salt for all, so that clients too derive their keys once.
    private static func makeVerifiers() -> [String: String] {
        let (salt, iterations) = (Random.bytes(16), 10_000)
        var verifiers: [String: String] = [:]
        for hash in [HashFunction.sha1, .sha256, .sha512] {
            let salted = hash.pbkdf2(
                password: Array(Population.password.utf8),
                salt: salt,
                iterations: iterations
            )
            let stored = hash.hash(hash.hmac(key: salted, Array("Client Key".utf8)))
            let server = hash.hmac(key: salted, Array("Server Key".utf8))
            let keys = [stored, server].map(Base64.encode).joined(separator: ":")
            let name = "SCRAM-\(hash.rawValue)"
            verifiers[name] = "\(name)$\(iterations):\(Base64.encode(salt))$\(keys)"
        }
        return verifiers
    }
}
