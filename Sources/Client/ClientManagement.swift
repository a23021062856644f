public import MartletCore
import MartletStreams
import MartletXML

/// The client's side of XEP-0198: what the server has not acknowledged, and how to come back.
///
/// A value: taken from a client whose connection broke, it is what the next one resumes with.
public struct ClientManagement: Sendable {
    /// What names the session; nil when the server offers no resumption.
    public private(set) var id: String?
    /// How many stanzas came from the server, modulo 2³².
    public private(set) var received: UInt32 = 0
    /// The address that the session is bound to.
    public internal(set) var jid: JID?
    private var queue = AckQueue<Stanza>()

    /// What was sent and is not known to have arrived.
    public var unacknowledged: [Stanza] { queue.items }

    var resumption: ClientMachine.Resumption? {
        id.map { ClientMachine.Resumption(id: $0, handled: received) }
    }

    var acknowledgement: Element {
        Element("a", in: Namespace.streamManagement, ["h": String(received)])
    }

    mutating func enabled(_ element: Element) {
        id = element.attribute("id")
    }

    mutating func countReceived() {
        received &+= 1
    }

    mutating func sent(_ stanza: Stanza) {
        queue.append(stanza, bytes: stanza.element.byteCount)
    }

    /// Takes an `<a/>` or `<resumed/>`; false when the server acknowledges what was never sent.
    mutating func acknowledge(_ element: Element) -> Bool {
        guard let handled = element.attribute("h").flatMap(UInt32.init) else { return false }
        return (try? queue.acknowledge(handled)) != nil
    }
}
