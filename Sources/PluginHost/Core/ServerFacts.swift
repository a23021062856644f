import CPlugin
public import MartletStorage

/// What a server says of itself to its plugins.
public final class ServerFacts: Sendable {
    private let name: KeptText
    private let version: KeptText
    private let started: Timestamp

    public init(name: String, version: String, started: Timestamp = .now()) {
        self.name = KeptText(name)
        self.version = KeptText(version)
        self.started = started
    }

    /// The strings are good as long as this is.
    var raw: martlet_server {
        martlet_server(
            size: UInt32(MemoryLayout<martlet_server>.size),
            name: name.text,
            version: version.text,
            started_us: started.microseconds
        )
    }
}

extension CoreTable {
    static func fillFacts(_ core: inout martlet_core) {
        core.server = { handle, server in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            let facts = site.host.services.server.raw
            return facts.write(to: server) ? CoreTable.ok : CoreTable.invalid
        }
    }
}
