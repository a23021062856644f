/// Which part of a server a process is.
public enum ServerRole: String, Hashable, Sendable, CaseIterable {
    /// All of it, what plugins keep under its domains too.
    case whole
    /// All but the domains of components that are kept by plugins: these are the services' process.
    case main
    /// The domains of components that are kept by plugins, and nothing else.
    case services
}

/// How the process of the services finds the main one.
public struct ServicesSettings: Hashable, Sendable {
    /// Whether the stream to it is secured.
    public enum TLSUse: String, Hashable, Sendable, CaseIterable {
        case none
        /// TLS before anything else, as its listener is to have it.
        case direct
    }

    public var join = HostAndPort("127.0.0.1", 5347)
    public var tls = TLSUse.none
    /// A PEM file with the authorities whose word on its certificate counts; nil for the system's.
    public var authorities: String?
    /// Whom its certificate must be for; nil for the host of ``join``.
    public var name: String?

    public init() {}
}

/// A host's name or address, and a port.
public struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
    public var host: String
    public var port: UInt16

    public init(_ host: String, _ port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `name:port`, `192.0.2.1:port` or `[2001:db8::1]:port`.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { "[]/ ".contains($0) }) else { return nil }
        self.init(String(host), port)
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension ServerSettings {
    /// What of them counts for a process of its role.
    ///
    /// The process of the services takes no connections, has no certificates and answers on no socket:
    /// both may be on one machine, and read the same file.
    var ofRole: ServerSettings {
        var own = self
        switch role {
        case .whole: own.components = components.filter { !$0.value.isKeptByPlugin }
        case .main: break
        case .services:
            own.components = [:]
            own.listeners = []
            own.s2s.isEnabled = false
            own.tls.folder = nil
            own.adminSocket = nil
            for index in own.domains.indices {
                own.domains[index].certificate = nil
                own.domains[index].key = nil
            }
        }
        return own
    }

    func with(role: ServerRole) -> ServerSettings {
        var other = self
        other.role = role
        return other
    }

    /// The domains that this process serves for another, by the streams of components.
    var uplinks: [String: ComponentSettings] {
        role == .services ? components.filter(\.value.isKeptByPlugin) : [:]
    }

    /// - Throws: `AdminFault` when these settings leave a process of this role with nothing to do.
    func checkRole() throws(AdminFault) {
        switch role {
        case .whole: return
        case .main where !listeners.contains(where: \.isForComponents):
            throw AdminFault(
                """
                the process of the services would come to a listener of type "component", and there is \
                none in "listeners"
                """
            )
        case .main where !components.values.contains(where: \.isKeptByPlugin),
            .services where uplinks.isEmpty:
            throw AdminFault(
                "no component in \"components\" has \"keptByPlugin\": true, so there is no service to part with"
            )
        case .main, .services: return
        }
    }
}

extension ListenerSettings {
    fileprivate var isForComponents: Bool {
        if case .components = terms { true } else { false }
    }
}
