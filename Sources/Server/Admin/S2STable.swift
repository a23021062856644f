import MartletCore
import MartletStreams

/// How it stands with other servers, in lines: one for each pair on each stream, and for each pair
/// that has none.
struct S2STable {
    typealias Failure = (fault: S2SFault, age: Duration)

    let streams: [StreamSummary]
    let pairs: [PeerSummary]
    let failures: [DomainPair: Failure]
    /// The wall clock's reading, from which ages are taken.
    let unixMicroseconds: Int64

    /// `stream` tells who opened it; its stanzas are those of all its pairs.
    static let head = [
        "pair", "stream", "address", "proof", "TLS", "since", "out/in", "queue", "state",
        "last error",
    ]

    private struct Row {
        /// The peer's domain, and the pair: what the table is sorted by.
        let peer: JID?
        let pair: String
        let cells: [String]
    }

    /// Sorted by the peers' names; those of one peer, if there is one.
    func rows(of peer: JID? = nil) -> [[String]] {
        let rows = streamRows() + pairRows() + failureRows()
        let name = { (row: Row) in row.peer?.domainpart ?? "" }
        return rows.filter { peer == nil || $0.peer == peer }
            .sorted { (name($0), $0.pair) < (name($1), $1.pair) }.map(\.cells)
    }

    // MARK: Streams

    private func streamRows() -> [Row] {
        var summaries: [DomainPair: PeerSummary] = [:]
        for summary in pairs where summary.link != nil { summaries[summary.pair] = summary }
        return streams.flatMap { stream -> [Row] in
            if stream.pairs.isEmpty { return [unproved(stream)] }
            return stream.pairs.map { proved in
                let summary = summaries[proved.pair].flatMap { found in
                    found.link.map { ObjectIdentifier($0) } == stream.id ? found : nil
                }
                return row(stream, proved, summary)
            }
        }
    }

    private func row(
        _ stream: StreamSummary,
        _ proved: StreamSummary.Pair,
        _ summary: PeerSummary?
    ) -> Row {
        let pair = proved.pair
        return Row(
            peer: proved.isOurs ? pair.target : pair.sender,
            pair: "\(pair)",
            cells: [
                "\(pair)", Self.side(stream), stream.address, proved.proof.rawValue,
                stream.tls ?? "none", moment(stream.age), "\(stream.sent)/\(stream.received)",
                summary.map(Self.queue) ?? "-",
                stream.isClosing ? "closing" : summary?.state ?? "open",
                proved.isOurs ? lastError(of: pair) : "-",
            ]
        )
    }

    /// One on which nothing is proved: who is at its other end is anybody's guess if they opened it.
    private func unproved(_ stream: StreamSummary) -> Row {
        let pair = stream.order.map { "\($0)" } ?? "-"
        return Row(
            peer: stream.order?.target,
            pair: pair,
            cells: [
                pair, Self.side(stream), stream.address, "-",
                stream.tls ?? "none", moment(stream.age), "\(stream.sent)/\(stream.received)",
                "-", stream.isClosing ? "closing" : "negotiating",
                stream.order.map { lastError(of: $0) } ?? "-",
            ]
        )
    }

    // MARK: Without a stream

    private func pairRows() -> [Row] {
        let shown = Set(
            streams.flatMap { stream in stream.pairs.map { Place(stream.id, $0.pair) } }
        )
        return pairs.filter { summary in
            guard let link = summary.link else { return true }
            return !shown.contains(Place(ObjectIdentifier(link), summary.pair))
        }.map { summary in
            bare(summary.pair, Self.queue(summary), summary.state, summary.fault)
        }
    }

    private struct Place: Hashable {
        let stream: ObjectIdentifier
        let pair: DomainPair

        init(_ stream: ObjectIdentifier, _ pair: DomainPair) {
            self.stream = stream
            self.pair = pair
        }
    }

    /// Of peers that pools have forgotten.
    private func failureRows() -> [Row] {
        let known = Set(pairs.map(\.pair))
        return failures.keys.filter { !known.contains($0) }.map { bare($0, "-", "-", nil) }
    }

    private func bare(
        _ pair: DomainPair,
        _ queue: String,
        _ state: String,
        _ fault: S2SFault?
    ) -> Row {
        let blank = Array(repeating: "-", count: 6)
        let error = lastError(of: pair)
        let reason = error == "-" ? fault.map { Self.text($0) } ?? "-" : error
        return Row(
            peer: pair.target,
            pair: "\(pair)",
            cells: ["\(pair)"] + blank + [queue, state, reason]
        )
    }

    // MARK: Words

    /// Who opened it.
    private static func side(_ stream: StreamSummary) -> String { stream.isDialled ? "out" : "in" }

    private static func queue(_ summary: PeerSummary) -> String {
        "\(summary.queuedStanzas)/\(summary.queuedBytes) B"
    }

    private func lastError(of pair: DomainPair) -> String {
        guard let failure = failures[pair] else { return "-" }
        return "\(moment(failure.age)) \(Self.text(failure.fault))"
    }

    /// What a peer can have put into it is bounded, and can be printed.
    static func text(_ fault: S2SFault) -> String { fault.description.printable(limit: 200) }

    /// When something so old was, in UTC.
    private func moment(_ age: Duration) -> String {
        let then = unixMicroseconds / 1_000_000 - age.components.seconds
        return DateTime.text(microseconds: then * 1_000_000)
    }
}
