import MartletCore
import MartletStreams

/// Which peers each domain of ours admits, and what it asks of them: the settings, looked up.
struct PeerPolicies: Sendable {
    private let settings: S2SSettings
    private let domains: [String: DomainS2SSettings]

    init(_ settings: S2SSettings, domains: [DomainSettings]) {
        self.settings = settings
        let own = domains.filter { $0.s2s != DomainS2SSettings() }
        self.domains = Dictionary(own.map { ($0.name, $0.s2s) }, uniquingKeysWith: { $1 })
    }

    /// What a domain of ours asks of a peer; nil is one that has not said who it is.
    ///
    /// What is said of the peer counts before what is said of our domain, and that before what is
    /// said for all. Who is blocked is not admitted, allowed or not.
    func trust(of ours: JID, in peer: JID?) -> PeerTrust {
        let own = domains[ours.domainpart] ?? DomainS2SSettings()
        let named = peer.flatMap { settings.peers[$0.domainpart] } ?? PeerSettings()
        var trust = settings.trust
        trust.tls = named.tls ?? own.tls ?? trust.tls
        trust.proof = named.proof ?? own.proof ?? trust.proof
        trust.pins = named.fingerprints
        trust.isAdmitted = own.isEnabled ?? settings.isEnabled
        if trust.isAdmitted, let peer {
            trust.isAdmitted = (own.lists ?? settings.lists).admits(peer.domainpart)
        }
        return trust
    }
}

extension PeerLists {
    func admits(_ domain: String) -> Bool {
        if block.contains(where: { Self.covers($0, domain) }) { return false }
        return allow.isEmpty || allow.contains { Self.covers($0, domain) }
    }

    /// `*.example` covers all names under `example`, and not that name itself.
    private static func covers(_ pattern: String, _ domain: String) -> Bool {
        guard pattern.hasPrefix("*.") else { return pattern == domain }
        return domain.hasSuffix(pattern.dropFirst()) && domain.utf8.count > pattern.utf8.count - 1
    }
}
