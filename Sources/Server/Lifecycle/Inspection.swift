import Foundation
import Logging
import MartletCrypto
import MartletPluginHost
import MartletRouter
import MartletSASL
import MartletStorage

/// Looks at everything that a start would use, and starts nothing (`martlet check`).
public struct Inspection: Sendable {
    /// What was found, for a person.
    public struct Report: Sendable {
        public var lines: [String] = []
        public var isSound = true
    }

    private let configuration: Configuration

    public init(of configuration: Configuration) {
        self.configuration = configuration
    }

    public func report() async -> Report {
        var report = Report()
        let settings = configuration.settings
        for listener in settings.listeners {
            report.lines.append("listener    \(listener.address) \(listener.terms.words)")
        }
        for domain in settings.domains { report.lines.append("domain      \(domain.name)") }
        Self.inspectFederation(settings, &report)
        inspectPlugins(&report)
        inspectCertificates(&report)
        await inspectStore(&report)
        report.lines.append(report.isSound ? "sound" : "the server would not start")
        return report
    }

    /// Opens plugins, which register and start nothing, and reads what they are told.
    private func inspectPlugins(_ report: inout Report) {
        let settings = configuration.settings
        let log = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        let router = Router(shards: [], store: MemoryStore(), domains: [])
        let accounts = Accounts(
            store: router.store,
            decoy: ScramDecoy(secret: Random.bytes(32), iterations: settings.iterations)
        )
        let plugins = PluginHost(
            folders: settings.plugins.folders,
            services: PluginServices(
                router: router,
                accounts: ServerPluginAccounts(
                    accounts: accounts,
                    throttle: SharedThrottle(settings.throttle),
                    endStreams: { _, _, _ in },
                    announce: { _, _ in }
                ),
                server: Build.facts,
                log: MartletServer.pluginLog(log)
            )
        )
        if !plugins.names.isEmpty {
            report.lines.append("plugins     \(plugins.names.joined(separator: " "))")
        }
        var faults = plugins.faults
        let choices = [settings.plugins.choices] + settings.domains.map(\.plugins)
        for (name, choice) in choices.flatMap({ $0.sorted { $0.key < $1.key } }) {
            guard case .on(let text) = choice else { continue }
            if let fault = plugins.fault(of: text, for: name), !faults.contains(fault) {
                faults.append(fault)
            }
        }
        for fault in faults { report.lines.append("plugin      \(fault.plugin): \(fault.reason)") }
        if settings.plugins.required.contains(where: { name in
            !plugins.names.contains(name) || faults.contains { $0.plugin == name }
        }) {
            report.isSound = false
        }
    }

    private func inspectCertificates(_ report: inout Report) {
        var files = configuration.settings.tls
        files.makesMissing = false
        let cabinet = CertificateCabinet(
            files: files,
            log: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        )
        do {
            let identities = try cabinet.identities(
                of: configuration.settings.domains,
                components: configuration.settings.components.keys.sorted()
            )
            for domain in configuration.settings.domains {
                let name = CertificateCabinet.ascii(domain.name)
                let isThere = identities?.ownIdentity(of: name) != nil
                let state = isThere ? "found" : "missing; a self-signed one is made at the start"
                report.lines.append("certificate \(domain.name): \(state)")
            }
            for component in configuration.settings.components.keys.sorted() {
                let name = CertificateCabinet.ascii(component)
                let isThere = identities?.identity(of: name) != nil
                let state = isThere ? "found" : "missing; its domain's, or a self-signed one"
                report.lines.append("certificate \(component): \(state)")
            }
        } catch {
            report.isSound = false
            report.lines.append("certificate \(error)")
        }
    }

    private func inspectStore(_ report: inout Report) async {
        if case .sqlite(let path, _) = configuration.storage,
            !FileManager.default.fileExists(atPath: path)
        {
            report.lines.append("store       \(path): missing; made at the start")
            return
        }
        do {
            let store = try await configuration.openStore()
            for name in configuration.domainNames.prefix(20) {
                let count = try await store.countAccounts(in: name)
                report.lines.append("accounts    \(name): \(count)")
            }
            await store.close()
        } catch {
            report.isSound = false
            report.lines.append("store       \(error)")
        }
    }
}
