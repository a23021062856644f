import MartletCore
import Testing

@testable import MartletServer

/// When a peer is asked what it has (XEP-0198 §4): few stanzas do not cost an exchange each.
@Suite(.timeLimit(.minutes(5)))
struct S2SAcknowledgementTests {
    private let peer = "peer.example"

    /// A peer that acknowledges, and is written to on the stream that it opened.
    private func guest(_ siege: Siege) async throws -> RawPeer {
        let guest = try await siege.guest(as: peer, isBidirectional: true)
        guest.send("<enable xmlns='urn:xmpp:sm:3'/>")
        try #require(await guest.heard("<enabled"))
        return guest
    }

    /// Romeo writes, and the peer has heard it.
    private func write(_ words: [String], _ siege: Siege, _ guest: RawPeer) async {
        for word in words {
            siege.romeo?.send("<message to='x@\(peer)'><body>\(word)</body></message>")
        }
        for word in words { #expect(await guest.heard("<body>\(word)</body>")) }
        await siege.settle()
    }

    private func requests(_ guest: RawPeer) -> Int {
        guest.text.split(separator: "<r xmlns", omittingEmptySubsequences: false).count - 1
    }

    @Test func `stanzas that come one by one are asked about together, before long`() async throws {
        try await Siege.with { siege in
            let guest = try await guest(siege)
            for word in ["one.", "two.", "three."] { await write([word], siege, guest) }
            await siege.pass(.milliseconds(49))
            await siege.settle()
            #expect(requests(guest) == 0, "\(guest.text)")
            await siege.pass(.milliseconds(1))
            #expect(await guest.heard("<r xmlns"))
            guest.send("<a xmlns='urn:xmpp:sm:3' h='3'/>")
            guest.forget()
            await write(["four."], siege, guest)
            await siege.pass(.milliseconds(50))
            #expect(await guest.heard("<r xmlns"), "the next ones as well")
            #expect(requests(guest) == 1)
        }
    }

    @Test func `the twentieth is asked about at once`() async throws {
        try await Siege.with { siege in
            let guest = try await guest(siege)
            await write((1...19).map { "\($0)." }, siege, guest)
            #expect(requests(guest) == 0)
            await write(["20."], siege, guest)
            #expect(await guest.heard("<r xmlns"))
            guest.send("<a xmlns='urn:xmpp:sm:3' h='20'/>")
            await siege.pass(.milliseconds(50))
            await siege.settle()
            #expect(requests(guest) == 1, "nothing is left to be asked about")
        }
    }

    @Test func `what is asked for while an answer is under way waits for that`() async throws {
        try await Siege.with { siege in
            let guest = try await guest(siege)
            await write(["one."], siege, guest)
            await siege.pass(.milliseconds(50))
            #expect(await guest.heard("<r xmlns"))
            await write(["two."], siege, guest)
            await siege.pass(.milliseconds(50))
            await siege.settle()
            #expect(requests(guest) == 1)
            guest.forget()
            guest.send(
                "<a xmlns='urn:xmpp:sm:3' h='1'/>"
                    + Speak.message("x", from: "x@\(peer)", to: Siege.romeo)
            )
            #expect(await siege.romeo?.heard("<body>x</body>") == true)
            await siege.pass(.milliseconds(50))
            #expect(await guest.heard("<r xmlns"))
        }
    }
}
