import MartletCore
import MartletCrypto
import MartletIM
import MartletPluginHost
import MartletRouter

/// Makes the router's domains of settings: the server's own modules, and the plugins at work there.
///
/// What is compiled of modules is shared by all domains that have the same.
struct DomainCompiler {
    let plugins: PluginHost
    /// At work where plugins have commands.
    let commands: AdHocCommands
    private var compiled: [PluginHost.Key: Compiled] = [:]
    /// Why some plugins are not at work where they should be.
    private(set) var faults: [PluginFault] = []

    private struct Compiled {
        let modules: ModuleSet
        let capabilities: Capabilities
    }

    init(_ plugins: PluginHost, _ sessions: CommandSessions) {
        self.plugins = plugins
        commands = AdHocCommands(plugins: plugins, sessions: sessions)
    }

    /// - Throws: what of the modules does not go together.
    mutating func compile(_ settings: ServerSettings) throws -> [Domain] {
        try settings.domains.map { domain in
            let address = try JID(nil, domain.name)
            var choices = settings.plugins.choices.merging(domain.plugins) { $1 }
            if settings.plugins.isSelective {
                for name in plugins.names where choices[name] == nil { choices[name] = .off }
            }
            let selection = plugins.select(choices, in: address)
            for fault in selection.faults where !faults.contains(fault) { faults.append(fault) }
            return try make(
                address,
                domain.limits,
                Set(domain.administrators),
                isOutpost: settings.role == .services,
                selection
            )
        }
    }

    /// One domain once more, after a plugin registered something there.
    mutating func recompile(_ domain: Domain) throws -> Domain {
        let selection = plugins.reselect(in: domain.name)
        return try make(
            domain.jid,
            domain.limits,
            domain.administrators,
            isOutpost: domain.isOutpost,
            selection
        )
    }

    private mutating func make(
        _ address: JID,
        _ limits: DomainLimits,
        _ administrators: Set<JID>,
        isOutpost: Bool,
        _ selection: PluginHost.Selection
    ) throws -> Domain {
        let compiled = try modules(of: selection)
        return Domain(
            address,
            limits: limits,
            administrators: administrators,
            modules: compiled.modules,
            capabilities: compiled.capabilities,
            isOutpost: isOutpost,
            attachment: selection.attachment
        )
    }

    private mutating func modules(of selection: PluginHost.Selection) throws -> Compiled {
        if let key = selection.key, let known = compiled[key] { return known }
        let modules = try agreeing(
            InstantMessaging.modules + (selection.hasCommands ? [commands] : []),
            selection.modules
        )
        let abilities = Capabilities.verificationString(of: modules.discovery)
        let version = Base64.encode(HashFunction.sha1.hash(Array(abilities.utf8)))
        let made = Compiled(modules: modules, capabilities: Capabilities(version: version))
        if let key = selection.key { compiled[key] = made }
        return made
    }

    /// The server's modules, and of the plugins' those that go together with all before them; who asks
    /// for another's place is left out.
    private mutating func agreeing(
        _ own: [any Module],
        _ plugins: [any Module]
    ) throws -> ModuleSet {
        if let all = try? ModuleSet(own + plugins) { return all }
        var modules = own
        for plugin in plugins {
            do {
                _ = try ModuleSet(modules + [plugin])
                modules.append(plugin)
            } catch {
                let fault = PluginFault(plugin.name, "\(error)")
                if !faults.contains(fault) { faults.append(fault) }
            }
        }
        return try ModuleSet(modules)
    }
}
