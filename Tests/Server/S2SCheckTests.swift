import MartletCore
import MartletNet
import MartletStreams
import Synchronization
import Testing

@testable import MartletServer

/// `martlet s2s check`, as a running server does it: over pipes, to another whole server.
@Suite(.timeLimit(.minutes(5)))
struct S2SCheckTests {
    private func check(
        _ server: MartletServer,
        _ peer: String = Cities.capulet,
        from ours: String? = nil
    ) async -> AdminReply {
        await server.desk.reply(to: AdminRequest(verb: .checkPeer, domain: ours, peer: peer))
    }

    @Test func `ends when the certificates were taken, and leaves nothing`() async throws {
        try await Cities.with(.signed) {
            $0.trust.proof = .certificate
        } _: { cities in
            let reply = await check(cities.montague)
            let text = reply.lines.joined(separator: "\n")
            #expect(reply.isBad == nil && reply.error == nil, "\(text)")
            #expect(
                reply.lines.first == "montague.example → capulet.example, by the running server"
            )
            #expect(text.contains("connection   a pipe: connected"))
            #expect(text.contains("offers       STARTTLS"))
            #expect(text.contains("TLS          TLSv1.3, TLS_"))
            #expect(text.contains("certificate  its names: capulet.example\n"))
            #expect(text.contains("certificate  proves capulet.example: its certificate is for"))
            #expect(text.contains("SASL EXTERNAL"))
            #expect(text.contains("EXTERNAL     it takes our certificate"))
            #expect(reply.lines.last?.hasPrefix("authorized by our certificate; all took ") == true)
            #expect(cities.pipes.dialled == [Cities.capulet])
            #expect(cities.montague.federation?.service.streams.count == 0)
            // Nor did it make a way for stanzas.
            for pool in cities.montague.federation?.pools ?? [] {
                #expect(await pool.summaries().isEmpty)
            }
        }
    }

    @Test func `ends when our server was asked about the key`() async throws {
        try await Cities.with(.selfMade) { _ in
        } _: { cities in
            let reply = await check(cities.montague, from: "Montague.example")
            let text = reply.lines.joined(separator: "\n")
            #expect(reply.isBad == nil && reply.error == nil, "\(text)")
            #expect(text.contains("certificate  does not prove capulet.example: no authority"))
            #expect(text.contains("; our settings do not insist on it\n"))
            #expect(text.contains("EXTERNAL     not tried: it is not offered"))
            #expect(
                text.contains("dialback     it asked the server of montague.example about our key")
            )
            #expect(reply.lines.last?.hasPrefix("authorized by dialback; all took ") == true)
            #expect(cities.pipes.dialled == [Cities.capulet, Cities.montague])
        }
    }

    @Test func `says that a certificate is not enough`() async throws {
        try await Cities.with(.selfMade) {
            $0.trust.proof = .certificate
        } _: { cities in
            let reply = await check(cities.montague)
            #expect(reply.isBad == true)
            #expect(
                reply.lines.last?.hasPrefix("failed: no authority that we trust vouches") == true,
                "\(reply.lines)"
            )
        }
    }

    @Test func `goes nowhere when our own settings forbid it`() async throws {
        try await Cities.with(.signed) {
            $0.lists.block = [Cities.capulet]
        } _: { cities in
            let reply = await check(cities.montague)
            #expect(reply.isBad == true)
            #expect(
                reply.lines.last
                    == "failed: our settings allow no streams with it; all took 0.0 ms"
            )
            #expect(cities.pipes.dialled.isEmpty)
        }
    }

    @Test func `says when there is no such domain`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            let reply = await check(cities.montague, "nowhere.example")
            #expect(reply.isBad == true)
            #expect(reply.lines.last?.hasPrefix("failed: there is no such domain;") == true)
        }
    }

    @Test(arguments: [
        ("romeo@capulet.example", nil, "romeo@capulet.example is not a domain's name"),
        (Cities.montague, nil, "montague.example is ours: nothing goes to it by the network"),
        (Cities.capulet, "paris.example", "paris.example is not a domain of ours"),
        (Cities.capulet, "", " is not a domain's name"),
    ])
    func `is refused in a sentence`(peer: String, ours: String?, reason: String) async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            let reply = await check(cities.montague, peer, from: ours)
            #expect(reply.error == reason)
            #expect(cities.pipes.dialled.isEmpty)
        }
    }

    @Test func `leaves the streams that carry stanzas alone`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            let romeo = try await cities.user("romeo", at: cities.montague)
            let juliet = try await cities.user("juliet", at: cities.capulet)
            func say(_ text: String) async {
                romeo.send(
                    "<message to='juliet@capulet.example/here' id='\(text)'>"
                        + "<body>\(text)</body></message>"
                )
                #expect(await juliet.heard("<body>\(text)</body>"), "\(juliet.text)")
            }
            await say("before")
            #expect(await check(cities.montague).isBad == nil)
            #expect(await check(cities.capulet, Cities.montague).isBad == nil)
            await say("after")
            #expect(
                cities.pipes.dialled == [Cities.capulet, Cities.capulet, Cities.montague]
            )
        }
    }

    @Test func `is asked over the socket of a server that runs`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            try await inFolder { folder in
                var settings = ServerSettings()
                settings.adminSocket = "\(folder)/admin.sock"
                let socket = try AdminSocket.open(
                    at: "\(folder)/admin.sock",
                    desk: cities.montague.desk,
                    log: cities.montague.log
                )
                let good = try await PeerReport.make(of: Cities.capulet, from: nil, settings)
                #expect(good.isGood && good.lines.count > 6)
                let bad = try await PeerReport.make(of: "nowhere.example", from: nil, settings)
                #expect(!bad.isGood)
                await #expect(throws: AdminFault.self) {
                    try await PeerReport.make(of: "@", from: nil, settings)
                }
                socket.close()
            }
        }
    }

    @Test func `goes on to the next place, and says why`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            let federation = try #require(cities.montague.federation)
            let pair = DomainPair(
                sender: JID(prepared: nil, Cities.montague),
                target: JID(prepared: nil, Cities.capulet)
            )
            let report = await S2SCheck(
                pair,
                federation,
                isWhole: true,
                dialler: LameFirst(then: cities.pipes)
            ).run()
            let text = report.lines.joined(separator: "\n")
            #expect(report.isGood, "\(text)")
            #expect(text.contains("connection   nobody's: connected"))
            // How a pipe ends is its own matter.
            #expect(text.contains("failure      "))
            #expect(text.contains("; the next place is tried\n"))
            #expect(text.contains("connection   a pipe: connected"))
        }
    }

    /// A dialler whose first place hangs up, and whose second is the real one.
    private struct LameFirst: PeerDialler {
        let then: PipeDialler

        init(then: PipeDialler) {
            self.then = then
        }

        func dial(
            _ domain: JID,
            on shard: Shard,
            isFresh: Bool,
            done: @escaping @Sendable (PeerDial) -> Void
        ) -> any PeerAttempt {
            shard.submit {
                let (near, far) = PipeTransport.pair(shard, shard)
                done(.connected(near, isDirect: false, address: "nobody's"))
                shard.submit { far.close(afterFlush: false, within: .zero) }
            }
            return Attempt { _ = then.dial(domain, on: shard, isFresh: isFresh, done: done) }
        }
    }

    private final class Attempt: PeerAttempt {
        private let next: @Sendable () -> Void
        private let isFirst = Mutex(true)

        init(_ next: @escaping @Sendable () -> Void) {
            self.next = next
        }

        func tryNext() -> Bool {
            let isFirst = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            if isFirst { next() }
            return isFirst
        }

        func giveUp() {}
    }
}
