/// Why a plugin is not at work, in a sentence for whoever runs the server.
public struct PluginFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The plugin's name, or its file's where the name is not known yet.
    public let plugin: String
    public let reason: String

    public init(_ plugin: String, _ reason: String) {
        self.plugin = plugin
        self.reason = reason
    }

    public var description: String { "plugin \(plugin): \(reason)" }

    /// The same of one that was to say who may log in to a domain.
    func closing(_ domain: String) -> PluginFault {
        PluginFault(plugin, "\(reason); until it does, nobody can log in to \(domain)")
    }
}
