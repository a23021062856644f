import CPlugin
public import MartletCore

/// What people run by name: verbs of the command line, and ad-hoc commands.
extension PluginHost {
    /// Something that can be run.
    public struct Runnable: Sendable {
        public let plugin: String
        public let name: String
        /// Its help, or its title.
        public let about: String
        public let isForAdministrators: Bool
    }

    /// What came of a call.
    public struct Answer: Sendable {
        /// Zero, or a negative status of the ABI.
        public var status: Int32
        public var fields: [(name: String, value: String)]
        public var body: String

        /// Why it came to nothing, in a sentence; nil when it did not.
        public var failure: String? {
            guard status < 0 else { return nil }
            if !body.isEmpty { return body }
            return switch Int(status) {
            case MARTLET_EBUSY: "it did not answer in time"
            case MARTLET_ESTOPPED: "it was switched off"
            default: "it failed (\(status))"
            }
        }
    }

    public func verbs(in domain: String) -> [Runnable] {
        runnables(in: domain) { site, what in
            guard case .verb(let name, let help, _) = what else { return nil }
            return Runnable(
                plugin: site.image.name,
                name: name,
                about: help,
                isForAdministrators: true
            )
        }
    }

    public func commands(in domain: String) -> [Runnable] {
        runnables(in: domain) { site, what in
            guard case .command(let name, let title, let forAdministrators, _) = what else {
                return nil
            }
            return Runnable(
                plugin: site.image.name,
                name: name,
                about: title,
                isForAdministrators: forAdministrators
            )
        }
    }

    private func runnables(
        in domain: String,
        _ read: (PluginSite, Contribution.What) -> Runnable?
    ) -> [Runnable] {
        sites(in: domain).flatMap { site in all(of: site).compactMap { read(site, $0) } }
    }

    private func all(of site: PluginSite) -> [Contribution.What] {
        ((whole(of: site.image)?.contributions ?? []) + site.contributions).map(\.what)
    }

    /// Runs a verb of a plugin in a domain; nil when there is none of the name.
    public func runVerb(
        _ name: String,
        of plugin: String,
        in domain: String,
        arguments: [String]
    ) async -> Answer? {
        guard let site = sites(in: domain).first(where: { $0.image.name == plugin }) else {
            return nil
        }
        for case .verb(name, _, let plan) in all(of: site) {
            return await run(plan, name, "", "", arguments.map { ("", $0) }, at: site)
        }
        return nil
    }

    /// Runs an ad-hoc command (XEP-0050 §2.2); nil when there is none of the name.
    public func runCommand(
        _ name: String,
        in domain: String,
        action: String,
        by caller: JID,
        fields: [(String, String)]
    ) async -> Answer? {
        for site in sites(in: domain) {
            for case .command(name, _, _, let plan) in all(of: site) {
                return await run(plan, name, action, caller.description, fields, at: site)
            }
        }
        return nil
    }

    private func run(
        _ plan: CallPlan,
        _ name: String,
        _ verb: String,
        _ caller: String,
        _ fields: [(String, String)],
        at site: PluginSite
    ) async -> Answer {
        let token = TokenSlab.shared.open(for: site)
        let texts = [name, verb, caller].map(KeptText.init)
        let kept = fields.map { (KeptText($0.0), KeptText($0.1)) }
        let pairs = kept.map { martlet_pair(name: $0.0.text, value: $0.1.text) }
        withExtendedLifetime((texts, kept)) {
            pairs.withUnsafeBufferPointer { pairs in
                var call = martlet_call()
                call.size = UInt32(MemoryLayout<martlet_call>.size)
                call.name = texts[0].text
                call.verb = texts[1].text
                call.caller = texts[2].text
                call.fields = pairs.baseAddress
                call.field_count = pairs.count
                call.site = site.handle
                call.instance = site.instance
                call.token = token
                plan.call(plan.ud, &call)
            }
        }
        return await answer(to: token)
    }

    private func answer(to token: martlet_token) async -> Answer {
        switch await waitForAnswer(token) {
        case .answer(let status, let fields, let body):
            return Answer(status: status, fields: fields.map { ($0.0, $0.1) }, body: body)
        case .timeout: return Answer(status: Int32(MARTLET_EBUSY), fields: [], body: "")
        case .stopped: return Answer(status: Int32(MARTLET_ESTOPPED), fields: [], body: "")
        case .verdict: return Answer(status: Int32(MARTLET_EINVAL), fields: [], body: "")
        }
    }

    /// Waits for what a plugin was asked for, off the shards, half a minute at most.
    func waitForAnswer(_ token: martlet_token) async -> TokenSlab.Outcome {
        let patience = Task {
            try await Task.sleep(for: .seconds(30))
            TokenSlab.shared.complete(token, .timeout)
        }
        defer { patience.cancel() }
        return await withCheckedContinuation { continuation in
            TokenSlab.shared.await(token) { continuation.resume(returning: $0) }
        }
    }
}
