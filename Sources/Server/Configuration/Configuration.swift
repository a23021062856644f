public import Logging
import MartletPluginHost
import MartletRouter
import MartletSASL
public import MartletStorageSQLite

/// What `config.json` says: the server's settings, and what the program around it needs.
///
/// Every key may be left out; a key that does not exist, or a value that does not fit, is an error
/// that names its place.
public struct Configuration: Hashable, Sendable {
    public var settings = ServerSettings()
    public var storage = StorageChoice.sqlite(path: "data/martlet.db")
    public var logLevel = Logger.Level.info
    public var logFormat = LineLogHandler.Format.text

    /// What a domain has that says nothing else.
    var domainLimits = DomainLimits()
    var mechanisms = DomainSettings.usualMechanisms

    /// Which store keeps the state.
    public enum StorageChoice: Hashable, Sendable {
        /// Everything is forgotten when the server ends; for tests.
        case memory
        case sqlite(path: String, options: SQLiteOptions = SQLiteOptions())
        /// A connection URI of libpq's, which may have a password in it, and the connections at most.
        case postgresql(url: String, connections: Int)
    }

    /// What an empty file says.
    private init() {
        settings.listeners = .usual
        settings.s2s.isEnabled = true
        settings.domains = [DomainSettings("localhost")]
        settings.tls.folder = "data/certificates"
        settings.adminSocket = "data/martlet.sock"
        settings.plugins.folders = PluginFolder.usual
    }

    static let usual = Configuration()

    /// Reads the text of a file; `{"env": "NAME"}` is looked for in the environment given.
    ///
    /// - Throws: the first thing that is wrong in it.
    public init(
        _ text: String,
        environment: [String: String] = Self.processEnvironment
    ) throws(ConfigError) {
        self = .usual
        let root = ConfigValue(path: "", node: try JSONReader.read(text), environment: environment)
        settings.domains = []
        try ConfigKey.fill(&self, from: root, by: Self.keys)
        if settings.domains.isEmpty {
            settings.domains = [
                DomainSettings("localhost", limits: domainLimits, mechanisms: mechanisms)
            ]
        }
    }

    /// The names of the domains, in their order.
    public var domainNames: [String] { settings.domains.map(\.name) }
}
