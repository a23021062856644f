import MartletCore
import MartletNet
import MartletStreams
import Testing

@testable import MartletServer

/// What administrators are told of other servers.
@Suite(.timeLimit(.minutes(5)))
struct S2SListTests {
    private func list(_ server: MartletServer, of peer: String? = nil) async -> AdminReply {
        await server.desk.reply(to: AdminRequest(verb: .listPeers, peer: peer))
    }

    /// The cells of each line below the heads.
    private func cells(_ reply: AdminReply) -> [[String]] {
        reply.lines.dropFirst().map { line in
            line.split(separator: "  ").map { $0.trimmingPrefix(" ") }.map(String.init)
        }
    }

    private func exchange(_ cities: Cities) async throws {
        let romeo = try await cities.user("romeo", at: cities.montague)
        let juliet = try await cities.user("juliet", at: cities.capulet)
        romeo.send(
            "<message to='juliet@capulet.example/here' id='r'><body>wherefore</body></message>"
        )
        #expect(await juliet.heard("<body>wherefore</body>"), "\(juliet.text)")
        juliet.send("<message to='romeo@montague.example/here' id='j'><body>here</body></message>")
        #expect(await romeo.heard("<body>here</body>"), "\(romeo.text)")
    }

    @Test func `nothing, in a sentence`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            let sentence =
                "There are no streams with other servers, and nothing waits or failed lately."
            #expect(await list(cities.montague).lines == [sentence])
            #expect(
                await list(cities.montague, of: "Capulet.example").lines == [
                    sentence.replacing("other servers", with: "capulet.example")
                ]
            )
            #expect(
                await list(cities.montague, of: "ro\u{1B}meo@").error
                    == "ro?meo@ is not a domain's name"
            )
        }
    }

    @Test func `a stream that carries both directions, seen from either side`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            try await exchange(cities)
            let ours = cells(await list(cities.montague))
            #expect(
                ours.map { $0[0] } == [
                    "capulet.example → montague.example", "montague.example → capulet.example",
                ]
            )
            #expect(ours.allSatisfy { $0[1] == "out" && $0[2] == "a pipe" })
            #expect(ours.allSatisfy { $0[3] == "certificate" && $0[4] == "TLSv1.3" })
            #expect(
                ours.map { Array($0[6...]) } == [
                    ["1/1", "-", "open", "-"], ["1/1", "0/0 B", "open", "-"],
                ]
            )
            let theirs = cells(await list(cities.capulet))
            #expect(
                theirs.map { [$0[0], $0[1]] + $0[6...] } == [
                    ["capulet.example → montague.example", "in", "1/1", "0/0 B", "borrowed", "-"],
                    ["montague.example → capulet.example", "in", "1/1", "-", "open", "-"],
                ]
            )
        }
    }

    @Test func `a stream for each direction, by dialback`() async throws {
        try await Cities.with(.selfMade) {
            $0.isBidirectional = false
        } _: { cities in
            try await exchange(cities)
            let rows = cells(await list(cities.montague))
            #expect(
                rows.map { [$0[0], $0[1], $0[3]] } == [
                    ["capulet.example → montague.example", "in", "dialback"],
                    ["montague.example → capulet.example", "out", "dialback"],
                ]
            )
        }
    }

    @Test func `why a peer was not reached, and one peer's lines alone`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            try await exchange(cities)
            let romeo = try await cities.user("romeo", at: cities.montague)
            romeo.send("<message to='nowhere.example' id='n'><body>who?</body></message>")
            #expect(await romeo.heard("<remote-server-not-found"), "\(romeo.text)")
            #expect(cells(await list(cities.montague)).count == 3)
            let rows = cells(await list(cities.montague, of: "nowhere.example"))
            #expect(rows.count == 1)
            #expect(rows.first?.first == "montague.example → nowhere.example")
            #expect(rows.first?.dropFirst(6).prefix(3) == ["-", "0/0 B", "resting"])
            let error = rows.first?.last?.split(separator: " ", maxSplits: 1).last
            #expect(error == "there is no such domain")
        }
    }

    @Test func `a server that keeps to itself`() async throws {
        try await Cities.with(.signed) {
            $0.isEnabled = false
        } _: { cities in
            #expect(
                await list(cities.montague).error
                    == "this server meets no others: s2s.enabled is false"
            )
        }
    }
}

/// The table as it is made of what is known.
@Suite(.timeLimit(.minutes(5)))
struct S2STableTests {
    private let pair = DomainPair(
        sender: JID(prepared: nil, "montague.example"),
        target: JID(prepared: nil, "capulet.example")
    )

    private func table(
        _ streams: [StreamSummary] = [],
        failure: S2SFault? = nil
    ) -> S2STable {
        S2STable(
            streams: streams,
            pairs: [],
            failures: failure.map { [pair: ($0, .seconds(60))] } ?? [:],
            unixMicroseconds: 1_000_000_000
        )
    }

    @Test func `tells when something was by how long ago it is`() {
        let rows = table(failure: .timedOut).rows()
        #expect(rows.map(\.last) == ["1970-01-01T00:15:40Z it did not answer in time"])
    }

    @Test func `prints nothing that a peer could hide in a terminal`() {
        let name = "\u{1B}[2J\u{202E}" + String(repeating: "x", count: 100_000)
        let rows = table(failure: .protocolViolation("<\(name)/> came too early")).rows()
        let text = rows.first?.last ?? ""
        #expect(text.count < 300)
        #expect(text.contains("<?[2J?xxx") && text.hasSuffix("…"))
    }

    @Test func `shows those on which nothing is proved yet, whoever opened them`() {
        func stream(_ order: DomainPair?) -> StreamSummary {
            StreamSummary(
                id: ObjectIdentifier(S2STableTests.self),
                isDialled: order != nil,
                address: "192.0.2.1:5269",
                order: order,
                pairs: [],
                tls: nil,
                age: .zero,
                sent: 0,
                received: 0,
                isClosing: order == nil
            )
        }
        let rows = table([stream(pair), stream(nil)]).rows()
        let since = "1970-01-01T00:16:40Z"
        #expect(
            rows == [
                ["-", "in", "192.0.2.1:5269", "-", "none", since, "0/0", "-", "closing", "-"],
                [
                    "montague.example → capulet.example", "out", "192.0.2.1:5269", "-", "none",
                    since, "0/0", "-", "negotiating", "-",
                ],
            ]
        )
        #expect(table([stream(pair), stream(nil)]).rows(of: pair.target).count == 1)
    }
}

@Suite(.timeLimit(.minutes(5)))
struct PeerFailuresTests {
    private func pair(_ number: Int) -> DomainPair {
        DomainPair(
            sender: JID(prepared: nil, "montague.example"),
            target: JID(prepared: nil, "n\(number).example")
        )
    }

    @Test func `keep the last reason of each, for an hour`() {
        let failures = PeerFailures()
        let start = ShardInstant(nanoseconds: 0)
        failures.note(.timedOut, of: pair(1), at: start)
        failures.note(.tlsNotOffered, of: pair(1), at: start.advanced(by: .seconds(10)))
        failures.note(.timedOut, of: pair(2), at: start)
        let later = start.advanced(by: .seconds(3_605))
        #expect(failures.all(at: later).map(\.fault) == [.tlsNotOffered])
        #expect(failures.all(at: later.advanced(by: .seconds(5))).isEmpty)
    }

    @Test func `keep a thousand at most, the latest`() {
        let failures = PeerFailures()
        for number in 0..<5_000 {
            let now = ShardInstant(nanoseconds: Int64(number))
            failures.note(.timedOut, of: pair(number), at: now)
        }
        let kept = failures.all(at: ShardInstant(nanoseconds: 5_000))
        #expect(kept.count <= PeerFailures.limit && kept.count > PeerFailures.limit / 2)
        #expect(kept.contains { $0.pair == pair(4_999) })
        #expect(kept.allSatisfy { $0.at.nanoseconds >= 5_000 - Int64(PeerFailures.limit) })
    }
}
