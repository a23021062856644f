package import MartletCore
package import MartletStorage
import MartletXML

extension Stanza {
    /// The stanza with the time at which this server took it (XEP-0203), unless it says so already.
    ///
    /// For what is stored, and for what goes another way than it was first sent (XEP-0198 §4).
    package func stamped(by domain: JID, at time: Timestamp) -> Stanza {
        let from = domain.description
        for delay in element.children where delay.isNamed("delay", in: Namespace.delay) {
            if delay.attribute("from") == from { return self }
        }
        let stamp = DateTime.text(microseconds: time.microseconds)
        return with(
            element: Element(kind.name) { stanza in
                for attribute in element.attributes where attribute.namespace == nil {
                    stanza.attribute(attribute.name, attribute.value)
                }
                for child in element.children { stanza.append(child) }
                stanza.element("delay", in: Namespace.delay, ["from": from, "stamp": stamp])
            }
        )
    }
}
