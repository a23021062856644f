/// The namespaces that XML and XMPP streams themselves are built on.
public enum XML {
    /// What every stream's content namespace is read as, and never declared at a document's top.
    ///
    /// A stream says `jabber:client`, `jabber:server` or `jabber:component:accept` in its header
    /// (RFC 6120 §4.8.2, XEP-0114 §3); a stanza inherits it, so the same bytes fit each of them.
    public static let contentNamespace = "jabber:client"

    /// Where `<stream/>`, `<features/>` and `<error/>` live (RFC 6120 §4.8.1).
    public static let streamsNamespace = "http://etherx.jabber.org/streams"

    /// What the prefix `xml` means, always (Namespaces in XML §3).
    public static let xmlNamespace = "http://www.w3.org/XML/1998/namespace"

    /// The content namespaces that are read as ``contentNamespace`` where a stanza inherits it.
    static let aliases = ["jabber:server", "jabber:component:accept"]
}
