import MartletStreams

extension ConfigKey<S2SLimits> {
    /// `s2s.limits`.
    static let limits: [ConfigKey] = rates + strangers + times + queues

    private static let rates: [ConfigKey] = [
        ConfigKey(
            "stanzaBytes",
            \.stanzaBytes,
            .stanzaBytes,
            "One stanza from another server; past it `policy-violation`. It is told (XEP-0478)."
        ),
        ConfigKey(
            "stanzasPerSecond",
            \.stanzasPerSecond,
            .many,
            "Stanzas on one stream, on average; a faster one is read from more slowly."
        ),
        ConfigKey(
            "burstStanzas",
            \.burstStanzas,
            .many,
            "Stanzas that may come at once before that."
        ),
        ConfigKey(
            "bytesPerSecond",
            \.bytesPerSecond,
            .whole(1_024...1_073_741_824, "bytes"),
            "Bytes on one stream, on average; a faster one is read from more slowly."
        ),
        ConfigKey("burstBytes", \.burstBytes, .bytes, "Bytes that may come at once before that."),
    ]

    private static let strangers: [ConfigKey] = [
        ConfigKey(
            "pairsPerStream",
            \.pairs.pairsPerStream,
            .few,
            "Pairs of domains, one of theirs and one of ours, that one stream may carry."
        ),
        ConfigKey(
            "verifiesPerStream",
            \.pairs.verifiesPerStream,
            .few,
            "Dialback keys of one stream that are being verified; past it `resource-constraint`."
        ),
        ConfigKey(
            "failuresPerStream",
            \.pairs.failuresPerStream,
            .few,
            "Failed dialback requests on one stream; past it `policy-violation`."
        ),
        ConfigKey(
            "verifiesUnderWay",
            \.verifiesUnderWay,
            .many,
            "Dialback keys that are being verified, of all streams together; an eighth of what is"
                + " free may be one address's."
        ),
        ConfigKey(
            "verifiesPerAddressPerMinute",
            \.verifiesPerAddressPerMinute,
            .many,
            "Dialback requests from one address, or one /64 of IPv6.",
            .restart
        ),
        ConfigKey(
            "unauthenticatedPerAddress",
            \.strangersPerAddress,
            .many,
            "Streams from one address that have proved nothing; further ones are closed at once.",
            .restart
        ),
        ConfigKey(
            "streamsPerPeer",
            \.streamsPerPeer,
            .few,
            "Incoming streams that speak for one domain; past it `policy-violation`."
        ),
    ]

    private static let times: [ConfigKey] = [
        ConfigKey(
            "tlsSeconds",
            \.tlsTime,
            .seconds(),
            "For the TLS handshake; past it the connection is closed."
        ),
        ConfigKey(
            "authSeconds",
            \.authTime,
            .seconds(),
            "From an incoming connection to the first name that it proves."
        ),
        ConfigKey(
            "negotiationSeconds",
            \.negotiationTime,
            .seconds(),
            "From an outgoing connection to the first name that it proves; then the next place is tried."
        ),
        ConfigKey(
            "attemptSeconds",
            \.attemptTime,
            .seconds(),
            "For all places of another server, DNS included; past it what waits is returned."
        ),
        ConfigKey(
            "verifySeconds",
            \.verifyTime,
            .seconds(),
            "For another server to say whether a dialback key is its own."
        ),
        ConfigKey(
            "ackSeconds",
            \.ackTime,
            .seconds(),
            "For another server to acknowledge what it got (XEP-0198)."
        ),
        ConfigKey(
            "idleSeconds",
            \.idleTime,
            .seconds(),
            "How long a stream without stanzas stays open."
        ),
        ConfigKey(
            "closingSeconds",
            \.closingTime,
            .seconds(1...3_600),
            "How long another server has to read its last bytes and say goodbye."
        ),
        ConfigKey(
            "backoffSeconds",
            \.backoffTime,
            .seconds(),
            "How long a server is left alone after it could not be reached; each time twice as long."
        ),
        ConfigKey(
            "backoffLimitSeconds",
            \.backoffLimit,
            .seconds(),
            "The longest that it is left alone."
        ),
    ]

    private static let queues: [ConfigKey] = [
        ConfigKey(
            "attemptsPerShard",
            \.attemptsPerShard,
            .many,
            "Peers that a shard looks for and connects to at a time; past it `resource-constraint`."
        ),
        ConfigKey(
            "queueStanzas",
            \.queueStanzas,
            .many,
            "Stanzas that wait for one stream; past it `resource-constraint`."
        ),
        ConfigKey(
            "queueBytes",
            \.queueBytes,
            .bytes,
            "Bytes that wait for one stream; past it `resource-constraint`."
        ),
        ConfigKey(
            "totalQueueBytes",
            \.totalQueueBytes,
            .whole(1_024...1_099_511_627_776, "bytes"),
            "Bytes that wait for all streams; past it `resource-constraint`."
        ),
        ConfigKey(
            "pairsPerShard",
            \.pairsPerShard,
            .many,
            "Pairs of domains that a shard remembers; past it idle ones are forgotten."
        ),
    ]
}
