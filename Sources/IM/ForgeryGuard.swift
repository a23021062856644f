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
        registration.on(.received, delayed, priority: 1_000) { _, stanza, context in
            let domain = context.domain.name
            let isForged = { (child: Element) in
                child.isNamed("delay", in: Namespace.delay) && child.hasAttribute("from", domain)
            }
            guard stanza.element.children.contains(where: isForged) else { return .continue }
            return .replace(stanza.with(element: stanza.element.without(isForged)))
        }
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
