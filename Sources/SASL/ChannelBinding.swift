/// What both ends of one TLS connection know and nobody between them does (RFC 5056).
public struct ChannelBinding: Hashable, Sendable {
    /// The registered name of a way to bind, such as `tls-exporter`.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// 32 bytes exported from a session of TLS 1.3 (RFC 9266).
        public static let tlsExporter = Kind(rawValue: "tls-exporter")
        /// The first Finished message of a handshake of TLS 1.2 (RFC 5929 §3); the only type that
        /// clients without exporters know.
        public static let tlsUnique = Kind(rawValue: "tls-unique")
        /// The digest of the server's certificate (RFC 5929 §4).
        public static let tlsServerEndPoint = Kind(rawValue: "tls-server-end-point")
    }

    public let kind: Kind
    public let data: [UInt8]

    public init(_ kind: Kind, _ data: [UInt8]) {
        self.kind = kind
        self.data = data
    }
}
