import MartletCore
public import MartletRouter
import MartletXML

/// Says what the server and its accounts can do (XEP-0030), from what is registered.
public struct ServiceDiscovery: Module {
    public let name = "disco"

    public init() {}

    public func register(in registration: inout Registration) throws {
        registration.identity("server", "im", name: "Martlet")
        registration.feature(Namespace.capabilities)
        for feature in [Namespace.discoInfo, Namespace.discoItems] {
            registration.feature(feature)
            registration.feature(feature, of: .account)
        }
        try registration.onIQ(.get, "query", in: Namespace.discoInfo, to: .domain) {
            (_, request, context) throws(StanzaError) in
            try Self.info(of: context.domain, asked: request)
        }
        try registration.onIQ(.get, "query", in: Namespace.discoItems, to: .domain) {
            (shard, request, context) throws(StanzaError) in
            try Self.refuseNode(of: request)
            let components = shard.components(under: context.domain).map(\.domainpart)
            return Self.items(of: context.domain, components)
        }
        try registration.onIQ(.get, "query", in: Namespace.discoInfo, to: .account) {
            (shard, request, context) async throws(StanzaError) in
            try await shard.allowAsking(request)
            try Self.refuseNode(of: request)
            let identities =
                [("account", "registered", nil)]
                + context.domain.modules.discovery.accountIdentities.map {
                    ($0.category, $0.type, $0.name)
                }
            return Self.info(identities, context.domain, .account, node: nil)
        }
        try registration.onIQ(.get, "query", in: Namespace.discoItems, to: .account) {
            (shard, request, context) async throws(StanzaError) in
            try await shard.allowAsking(request)
            try Self.refuseNode(of: request)
            return Element("query", in: Namespace.discoItems)
        }
    }

    /// The answer of the domain, also under the node that its capabilities name (XEP-0115 §6.2).
    private static func info(
        of domain: Domain,
        asked request: Stanza
    ) throws(StanzaError) -> Element {
        let node = request.payload?.attribute("node")
        guard node == nil || node == domain.capabilities?.node else { throw .itemNotFound }
        let identities = domain.modules.discovery.identities.map {
            ($0.category, $0.type, $0.name)
        }
        return info(identities, domain, .domain, node: node)
    }

    private static func info(
        _ identities: [(category: String, type: String, name: String?)],
        _ domain: Domain,
        _ entity: Discovery.Entity,
        node: String?
    ) -> Element {
        Element("query", in: Namespace.discoInfo, ["node": node]) { query in
            for identity in identities {
                query.element(
                    "identity",
                    in: Namespace.discoInfo,
                    [
                        "category": identity.category, "type": identity.type,
                        "name": identity.name,
                    ]
                )
            }
            for feature in (domain.modules.discovery.features[entity] ?? []).sorted() {
                query.element("feature", in: Namespace.discoInfo, ["var": feature])
            }
            guard entity == .domain else { return }
            for form in domain.modules.discovery.forms { query.append(form) }
        }
    }

    /// A component stands in the place of a service of its name: nobody sees which of both it is.
    private static func items(of domain: Domain, _ components: [String]) -> Element {
        Element("query", in: Namespace.discoItems) { query in
            let services = domain.modules.services.map {
                (name: $0.name(under: domain.name), title: $0.identity.name)
            }
            for service in services {
                query.element(
                    "item",
                    in: Namespace.discoItems,
                    ["jid": service.name, "name": service.title]
                )
            }
            for component in components where !services.contains(where: { $0.name == component }) {
                query.element("item", in: Namespace.discoItems, ["jid": component])
            }
            for item in domain.modules.discovery.items {
                query.element(
                    "item",
                    in: Namespace.discoItems,
                    ["jid": item.jid.description, "name": item.name]
                )
            }
        }
    }

    private static func refuseNode(of request: Stanza) throws(StanzaError) {
        if request.payload?.attribute("node") != nil { throw .itemNotFound }
    }
}

extension RouterShard {
    /// Only the user and those who see the user's presence may ask about an account; others get the
    /// answer of an account that is not there (XEP-0030 §8; attacks: presence leak).
    func allowAsking(_ request: Stanza) async throws(StanzaError) {
        guard let from = request.from, let to = request.to else { return }
        if from.isSameAccount(as: to) { return }
        let roster = try await roster(of: to.bare)
        guard roster[from.bare]?.subscription.hasFrom == true else { throw .serviceUnavailable }
    }
}
