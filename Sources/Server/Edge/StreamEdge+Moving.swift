import MartletNet
import MartletXML

/// To another shard.
extension StreamEdge {
    /// The lower end of a stream on its way between shards.
    struct Luggage: Sendable {
        let transport: DetachedTransport
        let parser: StreamParser.Continuation
        let leftover: [UInt8]
    }

    /// Packs the descriptor, the TLS state, the parser's and what was not read; this is a shell from then on.
    func depart() -> Luggage {
        disarm()
        return Luggage(
            transport: transport.detach(),
            parser: parser.continuation,
            leftover: leftover
        )
    }

    /// Goes on with what left another shard; on the thread of `shard`.
    convenience init(
        _ luggage: Luggage,
        on shard: Shard,
        pool: ParserPool,
        limits: XMLLimits,
        bytes: TokenBucket,
        stanzas: TokenBucket
    ) {
        self.init(
            luggage.transport.attach(to: shard),
            parser: StreamParser(pool: pool, limits: limits, continuing: luggage.parser),
            bytes: bytes,
            stanzas: stanzas
        )
        leftover = luggage.leftover
    }
}
