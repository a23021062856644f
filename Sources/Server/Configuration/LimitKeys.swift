import MartletRouter
import MartletSASL

/// The values behind the keys of `limits`.
struct LimitValues: Hashable, Sendable {
    var clients = C2SLimits()
    var domain = DomainLimits()
    var throttle = ThrottlePolicy()
    var connectionsPerAddress = 100
    var writeBufferBytes = 2 * 1024 * 1024
}

extension ConfigKind where Value == Int {
    /// Bytes that one number may stand for.
    static let bytes = whole(1_024...1_073_741_824, "bytes")
    /// RFC 6120 §13.12 lets no server refuse stanzas of fewer bytes.
    static let stanzaBytes = whole(10_000...1_073_741_824, "bytes")
    static let many = whole(1...10_000_000)
    static let few = whole(1...10_000)
    /// Below 2 no stanza has anything in it.
    static let depth = whole(2...1_000)
}

extension ConfigKey<LimitValues> {
    static let limits: [ConfigKey] =
        beforeLogin + stanzas + rates + ConfigKey<DomainLimits>.limits.map { $0.inside(\.domain) }

    private static let beforeLogin: [ConfigKey] = [
        ConfigKey(
            "stanzaBytesBeforeLogin",
            \.clients.beforeLogin.stanzaBytes,
            .bytes,
            "One element before login; past it the stream ends with `policy-violation`."
        ),
        ConfigKey(
            "elementsBeforeLogin",
            \.clients.beforeLogin.elements,
            .many,
            "Elements inside one element before login."
        ),
        ConfigKey(
            "depthBeforeLogin",
            \.clients.beforeLogin.depth,
            .depth,
            "How deep elements may stand in each other before login."
        ),
        ConfigKey(
            "tlsSeconds",
            \.clients.tlsTime,
            .seconds(),
            "For the TLS handshake; past it the connection is closed."
        ),
        ConfigKey(
            "loginSeconds",
            \.clients.loginTime,
            .seconds(),
            "From the connection to a bound resource; past it `connection-timeout`."
        ),
        ConfigKey(
            "connectionsPerAddress",
            \.connectionsPerAddress,
            .many,
            "Connections from one IPv4 address or one /64 of IPv6; further ones are closed at once.",
            .restart
        ),
        ConfigKey(
            "unauthenticatedPerAddress",
            \.clients.strangersPerAddress,
            .many,
            "Connections from one address that have not logged in; further ones are closed at once.",
            .restart
        ),
        ConfigKey(
            "loginFailuresPerMinute",
            \.throttle.failuresPerPair,
            .many,
            "Failed logins to one account from one address, after which that address waits.",
            .restart
        ),
        ConfigKey(
            "loginFailuresPerHour",
            \.throttle.failuresPerAddress,
            .many,
            "Failed logins from one address, whatever the accounts, after which it waits.",
            .restart
        ),
        ConfigKey(
            "accountFailuresPerHour",
            \.throttle.failuresPerAccount,
            .many,
            "Failed logins to one account, after which addresses that are new to it are slowed down.",
            .restart
        ),
    ]

    private static let stanzas: [ConfigKey] = [
        ConfigKey(
            "stanzaBytes",
            \.clients.afterLogin.stanzaBytes,
            .stanzaBytes,
            "One stanza; past it `policy-violation`. Clients are told (XEP-0478)."
        ),
        ConfigKey(
            "elements",
            \.clients.afterLogin.elements,
            .many,
            "Elements inside one stanza."
        ),
        ConfigKey(
            "depth",
            \.clients.afterLogin.depth,
            .depth,
            "How deep elements may stand in each other."
        ),
        ConfigKey(
            "attributes",
            \.clients.afterLogin.attributes,
            .few,
            "Attributes of one element."
        ),
        ConfigKey(
            "attributeBytes",
            \.clients.afterLogin.attributeBytes,
            .bytes,
            "One element's attributes, names and values together."
        ),
        ConfigKey(
            "tagBytes",
            \.clients.afterLogin.tagBytes,
            .bytes,
            "One tag as the client sends it; never below `attributeBytes` if that is to count."
        ),
        ConfigKey(
            "nameBytes",
            \.clients.afterLogin.nameBytes,
            .whole(64...65_535, "bytes"),
            "One element's or attribute's name with its prefix."
        ),
        ConfigKey(
            "namespaceDeclarations",
            \.clients.afterLogin.namespaceDeclarations,
            .few,
            "Prefixes that are declared in one place of a stanza."
        ),
    ]

    private static let rates: [ConfigKey] = [
        ConfigKey(
            "bytesPerSecond",
            \.clients.bytesPerSecond,
            .whole(1_024...1_073_741_824, "bytes"),
            "What a client may send, on average; a faster one is read from more slowly."
        ),
        ConfigKey(
            "burstBytes",
            \.clients.burstBytes,
            .bytes,
            "What it may send at once before that."
        ),
        ConfigKey(
            "stanzasPerSecond",
            \.clients.stanzasPerSecond,
            .many,
            "Stanzas that a client may send, on average; a faster one is read from more slowly."
        ),
        ConfigKey(
            "burstStanzas",
            \.clients.burstStanzas,
            .many,
            "Stanzas that it may send at once before that."
        ),
        ConfigKey(
            "writeBufferBytes",
            \.writeBufferBytes,
            .bytes,
            "What may wait for one client to read it; past it the client is disconnected.",
            .restart
        ),
        ConfigKey(
            "idleSeconds",
            \.clients.idleTime,
            .seconds(),
            "How long a client may be silent before it is asked whether it is there."
        ),
        ConfigKey(
            "pingSeconds",
            \.clients.pingTime,
            .seconds(),
            "How long it then has to say anything at all."
        ),
        ConfigKey(
            "closingSeconds",
            \.clients.closingTime,
            .seconds(1...3_600),
            "How long a client has to read its last bytes and say goodbye."
        ),
    ]
}

extension ConfigKey<DomainLimits> {
    /// Those that a domain may have for itself.
    static let limits: [ConfigKey] = [
        ConfigKey(
            "sessionsPerAccount",
            \.sessionsPerAccount,
            .many,
            "Resources that one account may bind; past it `resource-constraint`."
        ),
        ConfigKey(
            "rosterItems",
            \.rosterItems,
            .many,
            "Contacts of one account; past it `resource-constraint`."
        ),
        ConfigKey(
            "offlineMessages",
            \.offlineMessages,
            .whole(0...10_000_000),
            "Messages kept for one account that is away; past it `service-unavailable`."
        ),
        ConfigKey(
            "offlineBytes",
            \.offlineBytes,
            .whole(0...1_099_511_627_776, "bytes"),
            "Bytes of messages kept for one account that is away; past it `service-unavailable`."
        ),
        ConfigKey(
            "unacknowledgedStanzas",
            \.unacknowledgedStanzas,
            .many,
            "Stanzas that a client may leave unacknowledged (XEP-0198); past it its session ends."
        ),
        ConfigKey(
            "unacknowledgedBytes",
            \.unacknowledgedBytes,
            .bytes,
            "Bytes that a client may leave unacknowledged (XEP-0198); past it its session ends."
        ),
        ConfigKey(
            "deliveriesPerSecond",
            \.deliveriesPerSecond,
            .many,
            "Contacts that one client's presence may be told to; past it its next stanzas wait."
        ),
        ConfigKey(
            "burstDeliveries",
            \.burstDeliveries,
            .many,
            "Contacts that it may be told to at once, as at a login."
        ),
        ConfigKey(
            "resumptionSeconds",
            \.resumptionTime,
            .seconds(),
            "How long a client that lost its connection may take to resume (XEP-0198)."
        ),
        ConfigKey(
            "commandSessions",
            \.commandSessions,
            .few,
            "Ad-hoc commands that an account has begun and not finished; past it the oldest ends."
        ),
        ConfigKey(
            "commandSeconds",
            \.commandTime,
            .seconds(),
            "How long a user may take to fill in the form of an ad-hoc command (XEP-0050)."
        ),
    ]
}
