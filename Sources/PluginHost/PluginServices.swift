public import MartletRouter
public import MartletStorage

/// What the server lends to its plugins.
public struct PluginServices: Sendable {
    public var router: Router
    public var accounts: any PluginAccounts
    public var server: ServerFacts
    /// The wall clock.
    public var now: @Sendable () -> Timestamp
    /// Writes a line of the log: of which plugin, at which domain (empty: none in particular).
    public var log: @Sendable (PluginLogLevel, _ plugin: String, _ domain: String, String) -> Void
    /// A plugin at work in this domain registered or removed something.
    public var changed: @Sendable (_ domain: String) -> Void

    public init(
        router: Router,
        accounts: any PluginAccounts,
        server: ServerFacts = ServerFacts(name: "Martlet", version: ""),
        now: @escaping @Sendable () -> Timestamp = { .now() },
        log: @escaping @Sendable (PluginLogLevel, String, String, String) -> Void = { _, _, _, _ in
        },
        changed: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.router = router
        self.accounts = accounts
        self.server = server
        self.now = now
        self.log = log
        self.changed = changed
    }
}

public enum PluginLogLevel: Int32, Sendable { case debug, info, warning, error }
