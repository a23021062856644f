import Foundation
import Logging
import MartletClient
import MartletCore
import MartletNet
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import TestSupport

/// A scene whose domains have the commands of `Tests/Plugins/Faults/clerk.c`.
///
/// Romeo is the administrator of `montague.example`, Juliet another of its users, Tybalt from elsewhere.
struct CommandScene {
    let scene: Scene
    let log: LogBook
    let romeo: Client
    let juliet: Client
    let tybalt: Client

    static let namespace = "http://jabber.org/protocol/commands"
    /// All of them, in the order in which they were registered.
    static let nodes = ["greet", "repeat", "refuse", "fail", "odd", "never"]
    static let domain = JID(prepared: nil, "montague.example")
    static let administrator = JID(prepared: "romeo", "montague.example")
    static let expired = fault("session-expired", StanzaError(.notAllowed))

    /// Builds the plugin, and has the scene for the length of `body`.
    static func with(
        clock: any ShardClock = MonotonicClock(),
        _ configure: (inout ServerSettings) -> Void = { _ in },
        _ body: (CommandScene) async throws -> Void
    ) async throws {
        let workshop = try Workshop()
        let source = FaultScene.sources.appending(path: "clerk.c")
        try await workshop.compile(source, as: "clerk")
        let log = LogBook()
        let scene = try await Scene(
            plugins: ["clerk": "{}"],
            pluginFolders: [workshop.folder.path],
            clock: clock,
            log: log.logger
        ) { settings in
            settings.domains[0].administrators = [administrator]
            configure(&settings)
        }
        do {
            let test = CommandScene(
                scene: scene,
                log: log,
                romeo: try await scene.enter(administrator.with(preparedResource: "orchard")),
                juliet: try await scene.enter(
                    JID(prepared: "juliet", "montague.example", "balcony")
                ),
                tybalt: try await scene.enter(JID(prepared: "tybalt", "capulet.example", "street"))
            )
            try await body(test)
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }

    /// What the domain is asked to do, by romeo unless it says otherwise.
    func run(
        _ node: String?,
        by client: Client? = nil,
        session: String? = nil,
        action: String? = nil,
        _ payload: Element? = nil
    ) async throws -> Stanza {
        let command = Element(
            "command",
            in: Self.namespace,
            ["node": node, "sessionid": session, "action": action]
        ) { command in
            if let payload { command.append(payload) }
        }
        return try await (client ?? romeo).request(.set, to: Self.domain, command)
    }

    /// Begins a command, and gives its session.
    func begin(_ node: String, by client: Client? = nil) async throws -> String {
        let asked = try await run(node, by: client)
        guard let session = asked.payload?["sessionid"], asked.type == .result else {
            throw WorkshopFault(description: "\(node) did not begin: \(asked)")
        }
        return session
    }

    static func form(_ fields: KeyValuePairs<String, [String]>, type: String = "submit") -> Element
    {
        Element("x", in: "jabber:x:data", ["type": type]) { form in
            for (name, values) in fields {
                form.element("field", ["var": name]) { field in
                    for value in values { field.element("value") { $0.text(value) } }
                }
            }
        }
    }

    /// An error of XEP-0050 §4.4.
    static func fault(_ condition: String, _ error: StanzaError = .badRequest) -> StanzaError {
        var error = error
        error.application = Element(condition, in: namespace)
        return error
    }
}

extension CommandScene {
    struct Item {
        let jid, node, name: String?
    }

    func listed(to client: Client) async throws -> [Item] {
        let answer = try await items(node: Self.namespace, asking: client)
        return answer.payload?.children.map {
            Item(jid: $0["jid"], node: $0["node"], name: $0["name"])
        } ?? []
    }

    func items(node: String, asking client: Client? = nil) async throws -> Stanza {
        let query = Element("query", in: Namespace.discoItems, ["node": node])
        return try await (client ?? romeo).request(.get, to: Self.domain, query)
    }

    func info(node: String?, asking client: Client? = nil) async throws -> Stanza {
        let query = Element("query", in: Namespace.discoInfo, ["node": node])
        return try await (client ?? romeo).request(.get, to: Self.domain, query)
    }

    func features(node: String?) async throws -> [String] {
        try await info(node: node).payload?.children.compactMap { $0["var"] } ?? []
    }
}
