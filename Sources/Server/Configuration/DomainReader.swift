import MartletCore
import MartletSASL

/// Reads `domains`: the virtual hosts, each with what is its own.
enum DomainReader {
    static func read(
        _ root: inout ConfigObject,
        limits: LimitValues
    ) throws(ConfigError) -> [DomainSettings] {
        guard let domains = try root.object("domains") else {
            return [DomainSettings("localhost", limits: limits.domain)]
        }
        var all = domains
        var settings: [DomainSettings] = []
        for name in domains.keys {
            guard let jid = try? JID(name), jid.isDomain else {
                throw domains.fault(name, "the name of a domain is expected")
            }
            guard var object = try all.object(name) else { continue }
            settings.append(try read(&object, jid.domainpart, limits))
        }
        if settings.isEmpty {
            throw ConfigError(
                path: "domains",
                line: domains.line,
                "one domain at least is expected"
            )
        }
        return settings
    }

    private static func read(
        _ object: inout ConfigObject,
        _ name: String,
        _ limits: LimitValues
    ) throws(ConfigError) -> DomainSettings {
        var limits = limits
        try Configuration.readLimits(
            &object,
            into: &limits,
            of: LimitKey.all.filter(\.isPerDomain)
        )
        let settings = DomainSettings(
            name,
            limits: limits.domain,
            mechanisms: try mechanisms(&object),
            certificate: try object.string("certificate"),
            key: try object.string("key"),
            administrators: try administrators(&object)
        )
        // In-band registration comes as a plugin; until then accounts are made by administrators.
        _ = try object.choice("registration", Registration.self)
        try object.refuseUnknown()
        return settings
    }

    /// Who may make accounts: nobody but the domain's administrators.
    private enum Registration: String, CaseIterable { case closed }

    /// The usual ones, those that are named, and ANONYMOUS where `anonymous` says so.
    private static func mechanisms(
        _ object: inout ConfigObject
    ) throws(ConfigError) -> [SASLMechanismName] {
        var mechanisms = DomainSettings.usualMechanisms
        if let names = try object.strings("mechanisms") {
            mechanisms = names.map(SASLMechanismName.init(_:))
            for name in mechanisms where !SASLMechanismName.known.contains(name) {
                let known = SASLMechanismName.known.map(\.rawValue).joined(separator: ", ")
                throw object.fault("mechanisms", "\"\(name)\" is not one of \(known)")
            }
        }
        if try object.bool("anonymous") ?? false, !mechanisms.contains(.anonymous) {
            mechanisms.append(.anonymous)
        }
        return mechanisms
    }

    private static func administrators(
        _ object: inout ConfigObject
    ) throws(ConfigError) -> [JID] {
        var jids: [JID] = []
        for text in try object.strings("administrators") ?? [] {
            guard let jid = try? JID(text), jid.isBare, jid.hasLocalpart else {
                throw object.fault("administrators", "\"\(text)\" is not the address of an account")
            }
            jids.append(jid)
        }
        return jids
    }
}
