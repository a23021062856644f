import Foundation
import Logging
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
            report.lines.append("listener    \(listener.address) \(listener.terms.tls.rawValue)")
        }
        for domain in settings.domains { report.lines.append("domain      \(domain.name)") }
        inspectCertificates(&report)
        await inspectStore(&report)
        report.lines.append(report.isSound ? "sound" : "the server would not start")
        return report
    }

    private func inspectCertificates(_ report: inout Report) {
        var files = configuration.settings.tls
        files.makesMissing = false
        let cabinet = CertificateCabinet(
            files: files,
            log: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        )
        do {
            var identities = try cabinet.identities(of: configuration.settings.domains)
            identities?.fallback = nil
            for domain in configuration.settings.domains {
                let isThere = identities?.identity(for: domain.name) != nil
                let state = isThere ? "found" : "missing; a self-signed one is made at the start"
                report.lines.append("certificate \(domain.name): \(state)")
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
