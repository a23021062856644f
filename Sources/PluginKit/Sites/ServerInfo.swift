import CPlugin

/// What the server is.
public struct ServerInfo: Sendable {
    /// Of the program, as people call it.
    public let name: String
    public let version: String
    /// Since when it runs.
    public let started: Timestamp
}

extension Site {
    /// What the server is that this plugin works for; nil once it has been stopped.
    public var server: ServerInfo? {
        var server = martlet_server()
        server.size = UInt32(MemoryLayout<martlet_server>.size)
        guard Core.functions.pointee.server?(handle, &server) == Int32(MARTLET_OK) else {
            return nil
        }
        return ServerInfo(
            name: server.name.string,
            version: server.version.string,
            started: Timestamp(microseconds: server.started_us)
        )
    }
}
