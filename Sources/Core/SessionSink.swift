public import MartletXML

/// The edge of a session as its home sees it: something that takes stanzas for one client.
///
/// Every call is one-way and is made on the home's shard; what it carries are values, so that an edge
/// on another node can stand behind the same protocol (design: a session that takes stanzas).
public protocol SessionSink: AnyObject, Sendable {
    /// Writes a stanza to the client's stream.
    func send(_ stanza: Stanza)
    /// Writes an element that is no stanza, such as XEP-0198's `<r/>`.
    func send(nonza: Element)
    /// Ends the stream, with an error if there is one to tell.
    func close(_ error: StreamError?)
    /// Whether the client reads more slowly than it is written to.
    var isCongested: Bool { get }
    /// Tells the home, once, when all that was sent so far has left for the network.
    func reportFlush()
    /// Stops reading from the client until told otherwise: what it sends cannot be handled yet.
    func pauseReading()
    func resumeReading()
}
