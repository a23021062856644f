import CPlugin
import Synchronization

/// Interfaces by their names: what plugins offer each other and the server, by domain.
///
/// Unchecked: tables of functions that their owners keep as they are.
final class InterfaceTable: @unchecked Sendable {
    /// What the server offers itself.
    static let ofServer: Set<String> = ["martlet.store/1", "martlet.accounts/1"]

    private struct Entry: @unchecked Sendable {
        let site: PluginSite
        let table: UnsafeRawPointer
        /// From whom it took over, and who is not stopped yet.
        var earlier: [Entry] = []

        var all: [Entry] { earlier + [self] }

        /// The last of them, with those before it; nil for none.
        static func last(_ all: [Entry]) -> Entry? {
            guard var last = all.last else { return nil }
            last.earlier = all.dropLast().map { Entry(site: $0.site, table: $0.table) }
            return last
        }
    }

    /// By name and domain: few names, in thousands of domains.
    private let entries = Mutex<[String: [String: Entry]]>([:])

    /// False when the name is taken there.
    func provide(_ name: String, _ table: UnsafeRawPointer, by site: PluginSite) -> Bool {
        guard !Self.ofServer.contains(name) else { return false }
        return entries.withLock { entries in
            // A plugin that is started anew takes over from itself, until one of both is stopped.
            let others = entries[name]?[site.domain]?.all ?? []
            guard others.allSatisfy({ $0.site.image === site.image }) else { return false }
            let kept = others.filter { $0.site !== site }
            entries[name, default: [:]][site.domain] =
                Entry.last(kept + [Entry(site: site, table: table)])
            return true
        }
    }

    /// What a plugin offers in a domain, or in all of them.
    func table(_ name: String, in domain: String) -> (UnsafeRawPointer, PluginSite)? {
        entries.withLock { entries in
            let entry = entries[name].flatMap { $0[domain] ?? $0[""] }
            return entry.map { ($0.table, $0.site) }
        }
    }

    func remove(of site: PluginSite) {
        entries.withLock { entries in
            for name in entries.keys {
                guard let all = entries[name]?[site.domain]?.all else { continue }
                entries[name]?[site.domain] = Entry.last(all.filter { $0.site !== site })
            }
        }
    }
}
