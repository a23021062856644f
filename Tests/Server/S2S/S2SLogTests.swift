import Testing

@testable import MartletServer

/// What an operator reads of streams that end, and how much of it.
@Suite(.timeLimit(.minutes(5)))
struct S2SLogTests {
    private let peer = "peer.example"

    private func ends(_ siege: Siege, of address: String) -> [String] {
        siege.book.lines.filter { $0.hasPrefix("stream ended") && $0.contains(address) }
    }

    @Test func `says which side ended a stream, and with what`() async throws {
        try await Siege.with { siege in
            let ours = try await siege.guest(as: peer, from: "192.0.2.77")
            ours.send(Speak.message("poison", from: "x@victim.example", to: Siege.romeo))
            #expect(await ours.heard("<invalid-from "))
            await ours.ended()
            let theirs = try await siege.guest(as: peer, from: "192.0.2.78")
            theirs.send(
                "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    + "</stream:error></stream:stream>"
            )
            #expect(await theirs.heard("</stream:stream>"))
            await theirs.ended()
            await siege.book.wait(for: "stream ended", count: 2)
            #expect(ends(siege, of: "192.0.2.77").count == 1)
            #expect(
                ends(siege, of: "192.0.2.77").first?.contains(
                    "reason=it was sent away: invalid-from"
                ) == true,
                "\(ends(siege, of: "192.0.2.77"))"
            )
            #expect(
                ends(siege, of: "192.0.2.78").first?.contains(
                    "reason=it ended the stream: system-shutdown"
                ) == true,
                "\(ends(siege, of: "192.0.2.78"))"
            )
        }
    }

    @Test func `strangers cannot fill the log`() async throws {
        try await Siege.with {
            $0.limits.strangersPerAddress = 2
        } _: { siege in
            let before = siege.book.lines.count
            for _ in 0..<300 {
                let stranger = siege.come()
                stranger.send("<nonsense/>")
                await stranger.ended()
            }
            // 50 at once, and none a second while the clock stands.
            #expect(siege.book.lines.count - before <= 60, "\(siege.book.lines.count - before)")
            await siege.pass(.seconds(1))
            let guest = try await siege.guest(as: peer)
            guest.send("</stream:stream>")
            await guest.ended()
            await siege.settle()
            // What becomes of those who proved something is told all the same.
            #expect(siege.book.lines.contains { $0.hasPrefix("stream from a server") })
        }
    }
}
