import MartletCore
import MartletCrypto
import MartletIM
import MartletRouter

/// Builds the domains that a configuration names, with the modules of each.
struct DomainFactory: Sendable {
    func makeDomains(_ configuration: Configuration) throws -> [Domain] {
        let modules = try ModuleSet(InstantMessaging.modules)
        return try configuration.domainNames.map { name in
            let limits = configuration.limits(of: name)
            return Domain(
                try JID(nil, name),
                limits: DomainLimits(limits),
                modules: modules
            )
        }
    }
}

extension DomainLimits {
    init(_ limits: Configuration.Limits) {
        self.init()
        sessionsPerAccount = limits.sessionsPerAccount
        rosterItems = limits.rosterItems
        offlineMessages = limits.offlineMessages
        offlineBytes = limits.offlineBytes
        unacknowledgedStanzas = limits.unacknowledgedStanzas
        unacknowledgedBytes = limits.unacknowledgedBytes
        resumptionTime = .seconds(limits.resumptionSeconds)
    }
}
