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

/// One key of `limits` in `config.json`: where its value goes, what it may be, and what it means.
///
/// The table is the one place that knows: reading, the README and `martlet check` go by it.
struct LimitKey: Sendable {
    let name: String
    let range: ClosedRange<Int>
    let meaning: String
    /// Whether a domain may have a value of its own.
    let isPerDomain: Bool
    let get: @Sendable (LimitValues) -> Int
    let set: @Sendable (inout LimitValues, Int) -> Void

    private init(
        _ name: String,
        _ range: ClosedRange<Int>,
        _ meaning: String,
        isPerDomain: Bool = false,
        get: @escaping @Sendable (LimitValues) -> Int,
        set: @escaping @Sendable (inout LimitValues, Int) -> Void
    ) {
        self.name = name
        self.range = range
        self.meaning = meaning
        self.isPerDomain = isPerDomain
        self.get = get
        self.set = set
    }

    private static func number(
        _ name: String,
        _ path: any WritableKeyPath<LimitValues, Int> & Sendable,
        _ range: ClosedRange<Int>,
        _ meaning: String,
        isPerDomain: Bool = false
    ) -> LimitKey {
        LimitKey(
            name,
            range,
            meaning,
            isPerDomain: isPerDomain,
            get: { $0[keyPath: path] },
            set: { $0[keyPath: path] = $1 }
        )
    }

    private static func seconds(
        _ name: String,
        _ path: any WritableKeyPath<LimitValues, Duration> & Sendable,
        _ range: ClosedRange<Int>,
        _ meaning: String,
        isPerDomain: Bool = false
    ) -> LimitKey {
        LimitKey(
            name,
            range,
            meaning,
            isPerDomain: isPerDomain,
            get: { Int($0[keyPath: path].components.seconds) },
            set: { $0[keyPath: path] = .seconds($1) }
        )
    }

    /// Bytes that one number may stand for, at most.
    private static let bytes = 1_024...1_073_741_824
    private static let time = 1...86_400
    private static let many = 1...10_000_000

    static let all: [LimitKey] = beforeLogin + stanzas + rates + accounts

    private static let beforeLogin: [LimitKey] = [
        number(
            "stanzaBytesBeforeLogin",
            \.clients.beforeLogin.stanzaBytes,
            bytes,
            "Bytes of one element before login; past it the stream ends."
        ),
        number(
            "elementsBeforeLogin",
            \.clients.beforeLogin.elements,
            many,
            "Elements inside one element before login."
        ),
        number(
            "depthBeforeLogin",
            \.clients.beforeLogin.depth,
            2...1_000,
            "How deep elements may stand in each other before login."
        ),
        seconds(
            "tlsSeconds",
            \.clients.tlsTime,
            time,
            "For the TLS handshake; past it the connection is closed."
        ),
        seconds(
            "loginSeconds",
            \.clients.loginTime,
            time,
            "From the connection to a bound resource; past it 'connection-timeout'."
        ),
        number(
            "connectionsPerAddress",
            \.connectionsPerAddress,
            many,
            "Connections from one IPv4 address or one /64 of IPv6; further ones are closed at once."
        ),
        number(
            "unauthenticatedPerAddress",
            \.clients.strangersPerAddress,
            many,
            "Connections from one address that have not logged in; further ones are closed at once."
        ),
        number(
            "loginFailuresPerMinute",
            \.throttle.failuresPerPair,
            many,
            "Wrong passwords for one account from one address, after which it is refused for a while."
        ),
        number(
            "loginFailuresPerHour",
            \.throttle.failuresPerAddress,
            many,
            "Wrong passwords from one address, whatever the accounts."
        ),
    ]

    private static let stanzas: [LimitKey] = [
        number(
            "stanzaBytes",
            \.clients.afterLogin.stanzaBytes,
            bytes,
            "Bytes of one stanza; past it 'policy-violation'. Advertised to clients (XEP-0478)."
        ),
        number(
            "elements",
            \.clients.afterLogin.elements,
            many,
            "Elements inside one stanza."
        ),
        number(
            "depth",
            \.clients.afterLogin.depth,
            2...1_000,
            "How deep elements may stand in each other."
        ),
        number(
            "attributes",
            \.clients.afterLogin.attributes,
            1...10_000,
            "Attributes of one element."
        ),
        number(
            "attributeBytes",
            \.clients.afterLogin.attributeBytes,
            bytes,
            "Bytes of one attribute's value."
        ),
        number(
            "namespaceDeclarations",
            \.clients.afterLogin.namespaceDeclarations,
            1...10_000,
            "Namespace declarations in scope at one place."
        ),
    ]

    private static let rates: [LimitKey] = [
        number(
            "bytesPerSecond",
            \.clients.bytesPerSecond,
            many,
            "What a client may send, on average; a faster one is read from more slowly."
        ),
        number("burstBytes", \.clients.burstBytes, many, "What it may send at once."),
        number(
            "stanzasPerSecond",
            \.clients.stanzasPerSecond,
            many,
            "Stanzas that a client may send, on average; a faster one is read from more slowly."
        ),
        number("burstStanzas", \.clients.burstStanzas, many, "Stanzas that it may send at once."),
        number(
            "writeBufferBytes",
            \.writeBufferBytes,
            bytes,
            "What may wait for one client to read it; past it the client is disconnected."
        ),
        seconds(
            "idleSeconds",
            \.clients.idleTime,
            time,
            "How long a client may be silent before it is asked whether it is there."
        ),
        seconds(
            "pingSeconds",
            \.clients.pingTime,
            time,
            "How long it then has to say anything at all."
        ),
    ]

    private static let accounts: [LimitKey] = [
        number(
            "sessionsPerAccount",
            \.domain.sessionsPerAccount,
            many,
            "Resources that one account may bind; past it 'resource-constraint'.",
            isPerDomain: true
        ),
        number(
            "rosterItems",
            \.domain.rosterItems,
            many,
            "Contacts of one account; past it 'resource-constraint'.",
            isPerDomain: true
        ),
        number(
            "offlineMessages",
            \.domain.offlineMessages,
            0...10_000_000,
            "Messages kept for one account; past it 'service-unavailable'.",
            isPerDomain: true
        ),
        number(
            "offlineBytes",
            \.domain.offlineBytes,
            0...Int.max,
            "Bytes of messages kept for one account; past it 'service-unavailable'.",
            isPerDomain: true
        ),
        number(
            "unacknowledgedStanzas",
            \.domain.unacknowledgedStanzas,
            many,
            "Stanzas that a client may leave unacknowledged (XEP-0198); past it its session ends.",
            isPerDomain: true
        ),
        number(
            "unacknowledgedBytes",
            \.domain.unacknowledgedBytes,
            bytes,
            "The same in bytes.",
            isPerDomain: true
        ),
        seconds(
            "resumptionSeconds",
            \.domain.resumptionTime,
            time,
            "How long a client that lost its connection may take to resume (XEP-0198).",
            isPerDomain: true
        ),
    ]
}
