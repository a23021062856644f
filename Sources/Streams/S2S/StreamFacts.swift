internal import MartletCore

/// What is known of a stream between servers, beside what was authorised on it.
struct StreamFacts: Sendable {
    /// Who is at the other end, as this stream's own TLS knows it.
    var identity = PeerIdentity.unknown
    var isEncrypted = false
    /// The id that we gave the stream.
    var streamID = ""
    /// A domain of ours, by name.
    let hosts: @Sendable (String) -> S2SHost?

    init(hosts: @escaping @Sendable (String) -> S2SHost?) {
        self.hosts = hosts
    }

    func host(_ domain: JID) -> S2SHost? { hosts(domain.domainpart) }

    func isOurs(_ domain: JID) -> Bool { host(domain) != nil }

    /// Whether this stream's certificate proves the peer to be the sender, as the target sees it: what
    /// one of our domains has pinned is nothing to another.
    func proves(_ pair: DomainPair, to host: S2SHost) -> Bool {
        isEncrypted && identity.proves(pair.sender, pins: host.trust(pair.sender).pins)
    }
}
