import MartletCrypto
import MartletStorage

/// Random bytes that belong to the deployment and stay the same over restarts and nodes.
enum ServerSecret {
    private static let owner = Owner(domain: "")
    private static let collection = "server"
    private static let key = "secret"

    /// Reads the secret, or makes it at the very first start.
    static func load(from store: any Store) async throws(StorageError) -> [UInt8] {
        if let stored = try await store.document(key, in: collection, of: owner) {
            return stored.value
        }
        let fresh = Random.bytes(32)
        do {
            try await store.putDocument(
                key,
                in: collection,
                of: owner,
                value: fresh,
                ifVersion: .absent
            )
            return fresh
        } catch .conflict {
            // Another process made it a moment ago.
            return try await store.document(key, in: collection, of: owner)?.value ?? fresh
        }
    }
}
