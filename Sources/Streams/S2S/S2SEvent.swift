public import MartletCore
public import MartletXML

/// What happened on a stream between servers, or what became of an action that takes time.
public enum S2SEvent: Sendable {
    /// Outgoing: the connection stands, without TLS.
    case connected
    /// The peer opened the stream, or opened it anew.
    case opened(StreamHeader)
    case element(Element)
    /// `</stream:stream>`.
    case closed
    /// TLS stands; with direct TLS, before anything else.
    case secured(PeerIdentity)
    /// Outgoing: this pair is to be authorised, beside those that are.
    case wants(DomainPair)
    /// Outgoing: this is to be asked, since the stream leads to the authoritative server.
    case ask(DialbackQuestion)
    /// The answer to `.verify`.
    case verified(DialbackQuestion, DialbackOutcome)
}

/// What is to be done about it, in the order in which it stands.
public enum S2SAction: Sendable {
    case write([UInt8])
    case send(Element)
    /// Bytes that follow the current element are dropped and TLS begins.
    case startTLS
    /// The peer opens the stream anew.
    case restart
    /// Outgoing: what the peer can do is known; from now on pairs may be wanted and questions asked.
    case featured
    /// The authoritative server is to be asked, over another stream (XEP-0288 §2.2).
    case verify(DialbackQuestion)
    /// Outgoing: the authoritative server's word.
    case answered(DialbackQuestion, DialbackOutcome)
    /// Stanzas of the pair may flow from its sender to its target on this stream.
    case authorized(DomainPair, PeerProof)
    /// Outgoing: they may not; the stream may live on.
    case refused(DomainPair, S2SFault)
    /// Bidirectional: we may write stanzas of this pair here (XEP-0288).
    case reversible(DomainPair)
    case stanza(Stanza)
    /// An error that answers a stanza of the peer's which cannot be routed; it goes to the peer by the
    /// way that leads there, which need not be this stream.
    case answer(Stanza)
    /// An element of XEP-0198.
    case manage(Element)
    /// The stream ends; with an error, that is told first.
    case close(StreamError?)
    /// Why the stream is of no use, or what the peer ended it with; `close` follows.
    case fail(S2SFault)
}
