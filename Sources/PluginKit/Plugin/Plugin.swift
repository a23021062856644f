/// A plugin: what is made of it for each domain that has it switched on.
///
///     final class Ping: Plugin {
///         static let about = PluginDescription("ping", version: "1.0", "Answers pings (XEP-0199).")
///
///         static func register(in registration: borrowing Registration<Ping>) {
///             registration.feature("urn:xmpp:ping", of: [.domain, .account])
///             registration.onIQ(.get, "ping", in: "urn:xmpp:ping", to: [.domain, .account]) {
///                 _, _ in nil
///             }
///         }
///
///         init(_ site: Site, _ settings: NoSettings) {}
///     }
///
///     @c(martlet_plugin_entry)
///     public func entry() -> UnsafePointer<martlet_plugin> { export(Ping.self) }
public protocol Plugin: AnyObject, Sendable {
    /// What it may be told in `config.json`; each property has a default.
    associatedtype Settings: PluginSettings = NoSettings

    static var about: PluginDescription { get }

    /// Registers what is the same in all domains; called once a process.
    static func register(in registration: borrowing Registration<Self>)

    /// Begins to work at a domain.
    ///
    /// What it throws is told to whoever runs the server, and the plugin is not at work there.
    init(_ site: Site, _ settings: Settings) throws

    /// Takes other settings while it works; false has another instance made with them, and this one
    /// stopped.
    func reconfigure(_ settings: Settings) throws -> Bool

    /// Ends its work; no handler is called any more.
    func stop() async
}

extension Plugin {
    public func reconfigure(_ settings: Settings) throws -> Bool { false }
    public func stop() async {}
}

/// What a plugin says of itself.
public struct PluginDescription: Sendable {
    /// Its key in `config.json`: lower case letters, digits and `-`.
    public var name: String
    public var version: String
    /// One sentence.
    public var summary: String
    /// Whether it is at work only where the configuration names it.
    public var isOffByDefault: Bool
    /// Interfaces that others must offer; with `?` behind one that it would like.
    public var needs: [String]
    /// Interfaces that it will offer.
    public var provides: [String]
    /// A JSON schema of its settings, as the header tells; empty for none.
    public var settingsSchema: String

    public init(
        _ name: String,
        version: String,
        _ summary: String,
        isOffByDefault: Bool = false,
        needs: [String] = [],
        provides: [String] = [],
        settingsSchema: String = ""
    ) {
        self.name = name
        self.version = version
        self.summary = summary
        self.isOffByDefault = isOffByDefault
        self.needs = needs
        self.provides = provides
        self.settingsSchema = settingsSchema
    }
}

/// Settings of a plugin: what the configuration leaves out stays as `init()` makes it.
public protocol PluginSettings: Codable, Sendable {
    init()
}

/// For plugins that cannot be told anything.
public struct NoSettings: PluginSettings {
    public init() {}
}
