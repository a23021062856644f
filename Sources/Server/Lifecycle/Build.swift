import MartletPluginHost

/// Which Martlet this is.
public enum Build {
    public static let version = "0.1.0"

    /// What its plugins are told of a server that starts now.
    static var facts: ServerFacts { ServerFacts(name: "Martlet", version: version) }
}
