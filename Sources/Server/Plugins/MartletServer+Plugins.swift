import Logging
import MartletCore
import MartletPluginHost
import MartletRouter

/// Joins the plugin host to the server.
extension MartletServer {
    /// - Throws: `AdminFault` when a plugin without which the server is not to start is not at work.
    static func require(
        _ names: [String],
        of plugins: PluginHost,
        but faults: [PluginFault]
    ) throws(AdminFault) {
        for name in names {
            if let fault = faults.first(where: { $0.plugin == name }) {
                throw AdminFault("\(fault); it is required")
            }
            if !plugins.names.contains(name) {
                throw AdminFault("plugin \(name): it was not found; it is required")
            }
        }
    }

    /// What plugins are lent of a server that is being made.
    static func services(
        _ router: Router,
        _ accounts: Accounts,
        _ throttle: SharedThrottle,
        _ reference: ServerReference,
        _ log: Logger
    ) -> PluginServices {
        PluginServices(
            router: router,
            accounts: ServerPluginAccounts(
                accounts: accounts,
                throttle: throttle,
                endStreams: { await reference.server?.endStreams(of: $0, $1, except: $2) },
                announce: { router.announce($0, of: $1) }
            ),
            server: Build.facts,
            log: pluginLog(log),
            changed: { reference.server?.recompile($0) }
        )
    }

    /// How many ad-hoc commands wait for their forms, over or not; for tests.
    package var openCommandCount: Int { commandSessions.count }

    static func tell(_ faults: [PluginFault], _ log: Logger) {
        for fault in faults {
            log.error(
                "a plugin is not at work",
                metadata: ["plugin": "\(fault.plugin)", "reason": "\(fault.reason)"]
            )
        }
    }

    static func pluginLog(
        _ log: Logger
    ) -> @Sendable (PluginLogLevel, String, String, String) -> Void {
        { level, plugin, domain, text in
            var metadata: Logger.Metadata = ["plugin": "\(plugin)"]
            if !domain.isEmpty { metadata["domain"] = "\(domain)" }
            let level: Logger.Level =
                switch level {
                case .debug: .debug
                case .info: .info
                case .warning: .warning
                case .error: .error
                }
            log.log(level: level, "\(text)", metadata: metadata)
        }
    }

    /// A plugin registered something in a domain while it is at work.
    func recompile(_ name: String) {
        domainLock.withLock { _ in
            var compiler = DomainCompiler(plugins, commandSessions)
            do {
                let domains = try router.domains.all.map { domain in
                    domain.name == name || name.isEmpty ? try compiler.recompile(domain) : domain
                }
                Self.tell(compiler.faults, log)
                router.replaceDomains(domains)
                uplinks?.review()
            } catch {
                log.error("what a plugin registered is refused", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// Knows the server once it is there, for those who were made before it.
final class ServerReference: Sendable {
    private let held = Current<WeakServer>(WeakServer(server: nil))

    private struct WeakServer: Sendable { weak let server: MartletServer? }

    var server: MartletServer? {
        get { held.value.server }
        set { held.value = WeakServer(server: newValue) }
    }
}
