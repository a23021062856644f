import CPlugin
import MartletCore
import MartletRouter

/// What is at work where, for whoever runs the server.
extension PluginHost {
    /// One plugin, over all domains.
    public struct Summary: Sendable {
        public var name: String
        public var version: String
        public var abi: String
        public var about: String
        public var path: String
        /// Where it is at work, in order.
        public var domains: [String]
        public var handlers: Int
        /// Its phases, in the order of a stanza's way.
        public var phases: [String]
        public var calls: UInt64
        public var faults: UInt64
        /// The mean time of one call in nanoseconds, by sampling; nil before the first sample.
        public var nanosecondsPerCall: UInt64?
        public var metrics: [(name: String, domain: String, value: Double)]
    }

    public var summaries: [Summary] {
        images.enumerated().map { slot, image in
            let count = counters[slot].total
            let sites = started(image)
            let plans = plans(of: image, sites)
            return Summary(
                name: image.name,
                version: image.version,
                abi: "\(image.descriptor.pointee.major).\(image.descriptor.pointee.minor)",
                about: image.about,
                path: image.path,
                domains: sites.map(\.domain).sorted(),
                handlers: plans.count,
                phases: Set(plans.map(\.phase)).sorted().map(Self.name(ofPhase:)),
                calls: count.calls,
                faults: count.faults,
                nanosecondsPerCall: count.timedCalls == 0
                    ? nil : count.timedNanoseconds / count.timedCalls,
                metrics: sites.flatMap { site in
                    site.metrics.map { ($0.name, site.domain, $0.value) }
                }
            )
        }
    }

    private func plans(of image: PluginImage, _ sites: [PluginSite]) -> [HookPlan] {
        let all = (whole(of: image).map { [$0] } ?? []) + sites
        return all.flatMap(\.contributions).flatMap { contribution -> [HookPlan] in
            guard case .hooks(let plans) = contribution.what else { return [] }
            return plans
        }
    }

    /// A phase by its name in the documentation: the ABI's, in lower case.
    static func name(ofPhase number: Int) -> String {
        if let phase = Phase(abi: number) { return "\(phase)" }
        return switch number {
        case MARTLET_PHASE_NONZA: "nonza"
        case MARTLET_PHASE_STREAM: "stream"
        case MARTLET_PHASE_SESSION_UP: "session-up"
        case MARTLET_PHASE_SESSION_DOWN: "session-down"
        case MARTLET_PHASE_PRESENCE: "presence"
        case MARTLET_PHASE_ROSTER_CHANGED: "roster-changed"
        case MARTLET_PHASE_USER_CREATED: "user-created"
        case MARTLET_PHASE_USER_REMOVED: "user-removed"
        case MARTLET_PHASE_SESSION_RESUMED: "session-resumed"
        default: "phase \(number)"
        }
    }
}
