import Foundation
import MartletCrypto

/// The place of a server among two that are started here: its domain, its certificate, and its peer.
///
/// No DNS is asked: each is told where the other is. Each certificate vouches for itself, and both servers
/// have both for authorities.
struct PeerSeat: Sendable {
    let domain: String
    private let port: UInt16
    private let peer: String
    private let peerPort: UInt16
    private let certificate: SelfSignedCertificate
    private let authorities: String

    /// Below the ports of servers that are started here, and those that the kernel gives to clients.
    private static let ports: Range<UInt16> = 19_000..<19_999

    /// Two that have each other for a peer.
    static func two() throws -> [PeerSeat] {
        let domains = ["montague.example", "capulet.example"]
        let now = Int64(Date().timeIntervalSince1970)
        let certificates = try domains.map {
            try SelfSignedCertificate(asciiDomain: $0, atUnixTime: now)
        }
        let port = UInt16.random(in: ports)
        return [(0, 1), (1, 0)].map { own, other in
            PeerSeat(
                domain: domains[own],
                port: port + UInt16(own),
                peer: domains[other],
                peerPort: port + UInt16(other),
                certificate: certificates[own],
                authorities: certificates.map(\.certificatePEM).joined()
            )
        }
    }

    /// Where its peer connects, as `listeners` has it.
    var listener: String { #"{"type": "s2s", "address": "127.0.0.1", "port": \#(port)}"# }

    /// Defaults, but for a certificate as the proof and the limits that are there to stop such a load.
    func settings(_ folder: String) -> String {
        """
        "s2s": {"proof": "certificate", "authorities": "\(folder)/authorities.pem", "privateAddresses": true,
         "peers": {"\(peer)": {"address": "127.0.0.1", "port": \(peerPort)}},
         "limits": {"stanzasPerSecond": 10000000, "burstStanzas": 10000000,
          "bytesPerSecond": 1000000000, "burstBytes": 1000000000,
          "queueStanzas": 1000000, "queueBytes": 1000000000, "totalQueueBytes": 1000000000}},
        """
    }

    func writeCertificates(_ folder: String) throws {
        let own = URL(fileURLWithPath: folder).appendingPathComponent("certificates")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let both = Data((certificate.certificatePEM + certificate.keyPEM).utf8)
        try both.write(to: own.appendingPathComponent("\(domain).pem"))
        try Data(authorities.utf8).write(to: URL(fileURLWithPath: "\(folder)/authorities.pem"))
    }
}
