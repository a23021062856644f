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
    }

    /// By domain and name; of several the last counts, which took over from those before it.
    private let entries = Mutex<[String: [String: [Entry]]]>([:])

    /// False when the name is taken there.
    func provide(_ name: String, _ table: UnsafeRawPointer, by site: PluginSite) -> Bool {
        guard !Self.ofServer.contains(name) else { return false }
        return entries.withLock { entries in
            // A plugin that is started anew takes over from itself, until one of both is stopped.
            let others = entries[site.domain]?[name] ?? []
            guard others.allSatisfy({ $0.site.image === site.image }) else { return false }
            let kept = others.filter { $0.site !== site }
            entries[site.domain, default: [:]][name] = kept + [Entry(site: site, table: table)]
            return true
        }
    }

    /// What a plugin offers in a domain, or in all of them.
    func table(_ name: String, in domain: String) -> (UnsafeRawPointer, PluginSite)? {
        entries.withLock { entries in
            let entry = (entries[domain]?[name] ?? entries[""]?[name])?.last
            return entry.map { ($0.table, $0.site) }
        }
    }

    func remove(of site: PluginSite) {
        entries.withLock { entries in
            let left = (entries[site.domain] ?? [:])
                .mapValues { $0.filter { $0.site !== site } }
                .filter { !$0.value.isEmpty }
            entries[site.domain] = left.isEmpty ? nil : left
        }
    }
}
