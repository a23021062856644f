import MartletCore
import MartletPluginHost
import MartletRouter

/// What administrators ask about plugins.
struct PluginDesk: Sendable {
    let plugins: PluginHost
    let router: Router

    /// A table of all plugins, a line each.
    func list() -> [String] {
        let domains = router.domains.all.count
        let rows = plugins.summaries.map { plugin in
            [
                plugin.name, plugin.version, plugin.abi,
                Self.places(plugin.domains, of: domains), "\(plugin.handlers)", "\(plugin.calls)",
                plugin.nanosecondsPerCall.map { "\($0) ns" } ?? "-", "\(plugin.faults)",
                plugin.phases.joined(separator: " "),
            ]
        }
        let head = [
            "plugin", "version", "abi", "domains", "handlers", "calls", "a call", "errors",
            "phases",
        ]
        let metrics = plugins.summaries.flatMap { plugin in
            plugin.metrics.map { "\(plugin.name) \($0.domain) \($0.name) = \($0.value)" }
        }
        let faults = plugins.faults.map { "not at work: \($0)" }
        return Self.table([head] + rows) + metrics + faults
    }

    private static func places(_ names: [String], of count: Int) -> String {
        if names.isEmpty { return "off" }
        if names.count == count { return count == 1 ? names[0] : "all \(count)" }
        let shown = names.prefix(3).joined(separator: ",")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }

    /// The handlers of a domain, in the order in which they act.
    func phases(of name: String) throws -> [String] {
        guard let domain = router.domains[name] else {
            throw AdminFault("\(name) is not among the configured domains")
        }
        let rows = domain.modules.listing.map {
            ["\($0.phase)", "\($0.priority)", $0.name, $0.match]
        }
        return Self.table([["phase", "priority", "module", "match"]] + rows)
    }

    func run(_ verb: String, of plugin: String, in domain: String, _ arguments: [String])
        async throws -> [String]
    {
        guard router.domains[domain] != nil else {
            throw AdminFault("\(domain) is not among the configured domains")
        }
        let answer = await plugins.runVerb(verb, of: plugin, in: domain, arguments: arguments)
        guard let answer else {
            let known = plugins.verbs(in: domain).filter { $0.plugin == plugin }
            let names = known.map { "\($0.name) (\($0.about))" }.joined(separator: ", ")
            throw AdminFault(
                known.isEmpty
                    ? "\(plugin) has no verbs at \(domain), or is not at work there"
                    : "\(plugin) has no verb \(verb); it has \(names)"
            )
        }
        if let failure = answer.failure { throw AdminFault(failure) }
        return answer.fields.map { "\($0.name) \($0.value)" }
            + answer.body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Columns as wide as their widest cell.
    static func table(_ rows: [[String]]) -> [String] {
        guard let columns = rows.first?.count else { return [] }
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                index == columns - 1
                    ? cell.0
                    : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
            }.joined(separator: "  ")
        }
    }
}
