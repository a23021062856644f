import MartletCore
public import MartletRouter
import MartletXML

/// Takes from stanzas what only the server may say: delays stamped in its name, whoever sends them.
public struct ForgeryGuard: Module {
    public let name = "forgery-guard"

    public init() {}

    public func register(in registration: inout Registration) throws {
        let delayed = try Match(
            "message/{\(Namespace.delay)}delay|presence/{\(Namespace.delay)}delay"
        )
        for phase in [Phase.received, .elsewhere] {
            registration.on(phase, delayed, priority: 1_000) { shard, stanza, _ in
                // A component is ours, and stamps in its own name.
                let own = phase == .elsewhere ? stanza.from : nil
                let children = stanza.element.children
                guard children.contains(where: { shard.isForged($0, own) }) else {
                    return .continue
                }
                let left = stanza.element.without { shard.isForged($0, own) }
                return .replace(stanza.with(element: left))
            }
        }
    }
}

extension RouterShard {
    /// Whether it is a delay in the name of a domain of ours, the addressee's as well as the sender's,
    /// but for `own`.
    fileprivate func isForged(_ child: Element, _ own: JID?) -> Bool {
        guard child.isNamed("delay", in: Namespace.delay), let from = child.attribute("from"),
            let stamper = try? JID(from)
        else { return false }
        return !stamper.hasLocalpart && hosts(stamper) && own?.hasSameDomain(as: stamper) != true
    }
}

extension Element {
    /// The same element without some of its children.
    func without(_ isLeftOut: (Element) -> Bool) -> Element {
        Element(name, in: namespace) { writer in
            for attribute in attributes {
                if let namespace = attribute.namespace {
                    writer.attribute(attribute.name, in: namespace, attribute.value)
                } else {
                    writer.attribute(attribute.name, attribute.value)
                }
            }
            for child in children where !isLeftOut(child) { writer.append(child) }
        }
    }
}
