import MartletCrypto

extension Inspection {
    /// Looks at what there is for other servers and for components.
    static func inspectFederation(_ settings: ServerSettings, _ report: inout Report) {
        for name in settings.components.keys.sorted() {
            report.lines.append("component   \(name)")
        }
        let collisions = settings.componentsThatAreDomains
        for name in collisions {
            report.lines.append("component   \(name): it is one of the domains, too")
        }
        if !collisions.isEmpty { report.isSound = false }
        for note in settings.federationNotes { report.lines.append("note        \(note)") }
        inspectAuthorities(settings.s2s, &report)
    }

    /// Reads those whose certificates are believed.
    private static func inspectAuthorities(_ settings: S2SSettings, _ report: inout Report) {
        guard settings.isEnabled else { return }
        guard let file = settings.authorities else {
            if !TLSTrust.systemHasAuthorities {
                report.lines.append(
                    """
                    note        the system has no authorities, so that no server's certificate is \
                    believed: install them (ca-certificates), or name a file in s2s.authorities
                    """
                )
            }
            return
        }
        var client = TLSClientSettings()
        client.trust = .file(file)
        do {
            _ = try TLSContext(client: client)
        } catch {
            report.isSound = false
            report.lines.append("authorities \(error)")
        }
    }
}

extension ServerSettings {
    /// Names that cannot be both; reading `config.json` refuses them.
    var componentsThatAreDomains: [String] {
        domains.map(\.name).filter { components[$0] != nil }.sorted()
    }

    /// What of other servers and components is hardly meant as it stands, a sentence each.
    var federationNotes: [String] {
        let ours = Set(domains.map(\.name)).union(components.keys)
        var notes = s2s.peers.keys.sorted().filter(ours.contains)
            .map {
                "s2s.peers.\($0): it is a domain of ours, and nothing goes to it by the network"
            }
        let kinds = listeners.map(\.terms)
        let isForComponents = kinds.contains { if case .components = $0 { true } else { false } }
        if isForComponents && components.isEmpty {
            notes.append("a listener is for components, and there are none")
        }
        if !isForComponents && !components.isEmpty {
            notes.append("components cannot connect: no listener is of type component")
        }
        for listener in listeners {
            guard case .components(let terms) = listener.terms, terms.isInsecure else { continue }
            notes.append(
                "components may come to \(listener.address) without TLS from private networks: who"
                    + " sees those reads what they say, and can speak for them"
            )
        }
        let isForServers = kinds.contains { if case .servers = $0 { true } else { false } }
        if isForServers && !s2s.isEnabled {
            notes.append("a listener is for other servers, and s2s.enabled is false")
        }
        return notes
    }
}
