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
}
