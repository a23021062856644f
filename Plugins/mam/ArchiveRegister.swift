import MartletPluginKit
import Synchronization

/// The accounts that have an archive, for those who look through all of them.
final class ArchiveRegister: Sendable {
    static let collection = "archives"

    private struct Nothing: Codable, Sendable {}

    private let documents: Documents<Nothing>
    /// Those that are known to be written down.
    private let known = Mutex<Set<JID>>([])

    init(_ site: Site) { documents = Documents(Self.collection, at: site) }

    /// Whether it is known to be written down.
    func knows(_ account: JID) -> Bool { known.withLock { $0.contains(account) } }

    /// To be called before the account's first message is archived.
    func add(_ account: JID) async throws(StoreError) {
        guard !knows(account) else { return }
        try await documents.put(Nothing(), under: account.description, of: .domain)
        known.withLock { _ = $0.insert(account) }
    }

    func remove(_ account: JID) {
        known.withLock { _ = $0.remove(account) }
        // Nobody waits for it: left behind, it names an archive that is empty.
        Task { [documents] in
            _ = try? await documents.delete(account.description, of: .domain)
        }
    }

    /// Some, in the order of their addresses, behind the one that was seen last.
    func list(after last: String?, limit: Int) async throws(StoreError) -> [String] {
        try await documents.list(of: .domain, after: last, limit: limit).map(\.key)
    }
}
