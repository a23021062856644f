import MartletCore
import MartletPluginHost
import MartletRouter
import MartletXML

/// The ad-hoc commands of a domain's plugins, on the wire (XEP-0050 1.3).
///
/// Met: §2.1 and §2.2, discovery; §2.4, execution in one stage with a form, and canceling; §3.3, sessions;
/// §4.4, the errors. Commands are not announced unasked (§2.3), and speak one language (§3.7).
///
/// Registered where there are commands: without any, a domain knows nothing of them.
struct AdHocCommands: Module {
    static let namespace = "http://jabber.org/protocol/commands"

    let name = "commands"
    /// It outlives the domains, which keep this.
    unowned let plugins: PluginHost
    let sessions: CommandSessions

    func register(in registration: inout Registration) throws {
        registration.feature(Self.namespace)
        try registration.onIQ(.set, "command", in: Self.namespace, to: .domain) {
            (shard, request, context) async throws(StanzaError) in
            try await run(request, context.domain, on: shard)
        }
        // Before those that know no nodes.
        let items = try Match("iq[@type='get']/{\(Namespace.discoItems)}query[@node]")
        registration.on(.domain, items, priority: 1) {
            (shard, request, context) throws(StanzaError) in
            guard let items = try self.items(request, context.domain) else { return .continue }
            shard.answer(request, with: items)
            return .handled
        }
        let info = try Match("iq[@type='get']/{\(Namespace.discoInfo)}query[@node]")
        registration.on(.domain, info, priority: 1) {
            (shard, request, context) throws(StanzaError) in
            guard let info = try self.info(request, context.domain) else { return .continue }
            shard.answer(request, with: info)
            return .handled
        }
    }
}

// MARK: Who may run what

extension AdHocCommands {
    /// Every command once: of two plugins with one name for it, the first counts.
    private func commands(in domain: Domain) -> [PluginHost.Runnable] {
        var seen: Set<String> = []
        return plugins.commands(in: domain.name).filter { seen.insert($0.name).inserted }
    }

    /// A command by its node; nil when there is none.
    ///
    /// - Throws: `forbidden` when it is not for the caller.
    func command(
        _ node: String,
        for caller: JID,
        in domain: Domain
    ) throws(StanzaError) -> PluginHost.Runnable? {
        guard let command = commands(in: domain).first(where: { $0.name == node }) else {
            return nil
        }
        guard Self.may(caller, run: command, in: domain) else {
            throw StanzaError(.forbidden, .cancel)
        }
        return command
    }

    /// Administrators may run everything; what is not for them alone, every account of the domain.
    private static func may(
        _ caller: JID,
        run command: PluginHost.Runnable,
        in domain: Domain
    ) -> Bool {
        if domain.administrators.contains(caller.bare) { return true }
        return !command.isForAdministrators && caller.hasSameDomain(as: domain.jid)
    }
}

// MARK: Discovery

extension AdHocCommands {
    /// What the node of all commands, or that of one, has below it; nil for other nodes.
    private func items(
        _ request: Stanza,
        _ domain: Domain
    ) throws(StanzaError) -> Element? {
        guard let caller = request.from, let node = request.payload?["node"] else { return nil }
        if node != Self.namespace, try command(node, for: caller, in: domain) == nil { return nil }
        let listed = node == Self.namespace ? commands(in: domain) : []
        return Element("query", in: Namespace.discoItems, ["node": node]) { query in
            for command in listed where Self.may(caller, run: command, in: domain) {
                query.element(
                    "item",
                    ["jid": domain.name, "node": command.name, "name": command.title]
                )
            }
        }
    }

    /// What the node of all commands, or that of one, is; nil for other nodes.
    private func info(
        _ request: Stanza,
        _ domain: Domain
    ) throws(StanzaError) -> Element? {
        guard let caller = request.from, let node = request.payload?["node"] else { return nil }
        if node == Self.namespace {
            return Self.info(node, type: "command-list", name: nil, [Self.namespace])
        }
        guard let command = try command(node, for: caller, in: domain) else { return nil }
        let features = [Self.namespace, DataForms.namespace]
        return Self.info(node, type: "command-node", name: command.title, features)
    }

    private static func info(
        _ node: String,
        type: String,
        name: String?,
        _ features: [String]
    ) -> Element {
        Element("query", in: Namespace.discoInfo, ["node": node]) { query in
            query.element("identity", ["category": "automation", "type": type, "name": name])
            for feature in features { query.element("feature", ["var": feature]) }
        }
    }
}

extension PluginHost.Runnable {
    /// What people are shown.
    var title: String { about.isEmpty ? name : about }
}
