import Testing

@testable import MartletServer

/// Streams that end in good order, while the peer is speaking (RFC 6120 §4.4).
@Suite(.timeLimit(.minutes(5)))
struct S2SGoodbyeTests {
    private let peer = "peer.example"

    @Test func `what meets our goodbye to a quiet stream is read`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            await siege.pass(.seconds(601))
            #expect(await guest.heard("</stream:stream>"), "\(guest.text)")
            guest.send(Speak.message("at last", from: "x@\(peer)", to: Siege.romeo))
            #expect(await siege.romeo?.heard("<body>at last</body>") == true)
            guest.send("</stream:stream>")
            await guest.ended()
        }
    }

    @Test func `when a pair goes over to a newer stream, the older is heard out`() async throws {
        try await Siege.with { siege in
            let old = try await siege.guest(as: peer, isBidirectional: true)
            siege.romeo?.send("<message to='x@\(peer)'><body>one</body></message>")
            #expect(await old.heard("<body>one</body>"))
            let new = try await siege.guest(as: peer, isBidirectional: true)
            #expect(await old.heard("</stream:stream>"), "\(old.text)")
            old.send(Speak.message("on its way", from: "x@\(peer)", to: Siege.romeo))
            old.send("</stream:stream>")
            #expect(await siege.romeo?.heard("<body>on its way</body>") == true)
            await old.ended()
            siege.romeo?.send("<message to='x@\(peer)'><body>two</body></message>")
            #expect(await new.heard("<body>two</body>"), "\(new.text)")
        }
    }

    @Test func `who never says goodbye is left in time`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            await siege.pass(.seconds(601))
            #expect(await guest.heard("</stream:stream>"), "\(guest.text)")
            guest.send(" ")
            await siege.pass(.seconds(6))
            await siege.pass(.seconds(2))
            await guest.ended()
        }
    }
}
