public import MartletCrypto

extension ChannelBinding {
    /// What a TLS connection can be bound by, the best first.
    public static func all(of tls: TLSInfo) -> [ChannelBinding] {
        let exporter = tls.exporter.map { ChannelBinding(.tlsExporter, $0) }
        let unique = tls.unique.map { ChannelBinding(.tlsUnique, $0) }
        let endPoint = tls.serverEndPoint.map { ChannelBinding(.tlsServerEndPoint, $0) }
        return [exporter, unique, endPoint].compactMap(\.self)
    }
}
