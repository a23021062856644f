/// Where the operator says that a domain's server is, whatever the DNS says.
package struct PeerOverride: Hashable, Sendable {
    /// A name, of which addresses are looked up but no SRV records, or an address.
    package var host: String
    package var port: UInt16
    package var security: PeerSecurity

    package init(host: String, port: UInt16 = 5269, security: PeerSecurity = .startTLS) {
        self.host = host
        self.port = port
        self.security = security
    }
}

/// What look-ups may do, and how much of it.
package struct PeerPolicy: Hashable, Sendable {
    /// Whether addresses that only this machine or its network can reach are refused.
    ///
    /// Those of a `PeerOverride` are not.
    package var refusesLocalAddresses = false
    /// Ports of SRV records that nobody shall make us connect to.
    package var refusedPorts: Set<UInt16> = [25]
    /// SRV records that are followed, the first in their order.
    package var recordLimit = 16
    /// Addresses of each family that are taken of a host.
    package var addressesPerHost = 8
    package var candidateLimit = 32
    /// How long an answer is waited for once its companion brought records (A and AAAA, both SRV).
    package var patience: Duration = .seconds(1)

    /// How many domains of which look-ups failed are remembered, in order not to ask again.
    package var faultsRemembered = 10_000
    /// How long: as the DNS says within this, and the least where nothing is said or nothing came.
    package var faultLifetime: ClosedRange<Duration> = .seconds(30) ... .seconds(300)

    package init() {}
}
