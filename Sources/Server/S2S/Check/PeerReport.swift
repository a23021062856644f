import Logging
import MartletCore
import MartletCrypto
import MartletNet
import MartletRouter
import MartletStorage

/// What came of going to another domain's server, a line for each step.
public struct PeerReport: Sendable {
    public let lines: [String]
    /// Whether the pair was authorised; without a running server, whether the peer was reached as the
    /// settings want it.
    public let isGood: Bool

    /// Has the running server go there, or goes as far as one can get without.
    ///
    /// The first of our domains goes unless `from` names one.
    ///
    /// - Throws: `AdminFault` when a name is none, or is on the wrong side.
    public static func make(
        of domain: String,
        from ours: String?,
        _ settings: ServerSettings
    ) async throws -> PeerReport {
        guard Administration.isServed(settings) else {
            return try await withoutServer(domain, from: ours, settings)
        }
        let time = settings.s2s.limits.attemptTime + settings.s2s.limits.closingTime
        let patience = Int(clamping: time.components.seconds) + 15
        return try await Administration.ofRunning(settings, patience: patience)
            .check(domain, from: ours)
    }

    static func withoutServer(
        _ domain: String,
        from ours: String?,
        _ settings: ServerSettings
    ) async throws -> PeerReport {
        let target = try S2SDesk.domain(domain)
        guard let name = ours ?? settings.domains.first?.name else {
            throw AdminFault("which domain of ours?")
        }
        let pair = DomainPair(sender: try S2SDesk.domain(name), target: target)
        guard settings.hosts(pair.sender) else {
            throw AdminFault("\(pair.sender) is not a domain of ours")
        }
        guard !settings.hosts(target) else {
            throw AdminFault("\(target) is ours: nothing goes to it by the network")
        }
        let shard = Shard(index: 0)
        shard.start()
        do {
            let federation = try Federation.alone(settings, on: shard)
            let report = await S2SCheck(pair, federation, isWhole: false).run()
            await federation.close()
            await shard.stop()
            return report
        } catch {
            await shard.stop()
            throw error
        }
    }
}

extension AdminReply {
    init(_ report: PeerReport) {
        lines = report.lines
        isBad = report.isGood ? nil : true
    }
}

extension ServerSettings {
    /// Whether a name is one of our domains or components, or a service below a domain.
    fileprivate func hosts(_ jid: JID) -> Bool {
        let name = jid.domainpart
        if components[name] != nil { return true }
        let parent = name.firstIndex(of: ".").map { String(name[$0...].dropFirst()) }
        return domains.contains { $0.name == name || $0.name == parent }
    }
}

extension Federation {
    /// One that reaches others for itself, beside no server; it makes and changes nothing.
    fileprivate static func alone(_ settings: ServerSettings, on shard: Shard) throws -> Federation
    {
        var settings = settings
        settings.tls.makesMissing = false
        let log = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        let base = Base(
            try ServerCertificates(settings, log: log),
            Random.bytes(32),
            Router(shards: [shard], store: MemoryStore(), domains: []),
            ParserPools(shards: 1),
            log
        )
        guard let federation = try join(settings, on: base, dialler: nil) else {
            throw AdminFault.meetsNobody
        }
        return federation
    }
}

extension AdminFault {
    static let meetsNobody = AdminFault("this server meets no others: s2s.enabled is false")
}
