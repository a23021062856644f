import MartletCore
public import MartletRouter
import MartletXML

/// Takes from clients' stanzas what only the server may say: delays stamped in its name.
public struct ForgeryGuard: Module {
    public let name = "forgery-guard"

    public init() {}

    public func register(in registration: inout Registration) throws {
        let delayed = try Match(
            "message/{\(Namespace.delay)}delay|presence/{\(Namespace.delay)}delay"
        )
        registration.on(.received, delayed, priority: 1_000) { shard, stanza, _ in
            let forged = stanza.element.children.filter { shard.isForged($0) }
            guard !forged.isEmpty else { return .continue }
            return .replace(stanza.with(element: stanza.element.without { shard.isForged($0) }))
        }
    }
}

extension RouterShard {
    /// Whether it is a delay in the name of a domain of ours, the addressee's as well as the sender's.
    fileprivate func isForged(_ child: Element) -> Bool {
        guard child.isNamed("delay", in: Namespace.delay), let from = child.attribute("from"),
            let stamper = try? JID(from)
        else { return false }
        return !stamper.hasLocalpart && serves(stamper)
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
