import MartletCore
import MartletNet
import Testing

@testable import MartletServer

/// Peers that connect and then do not go on (attacks 12): each is gone within its stated time.
@Suite(.timeLimit(.minutes(5)))
struct S2SSilenceTests {
    private let peer = "peer.example"

    /// Moves the clock, in steps, once the server has met who came and read what was sent.
    private func wait(_ siege: Siege, _ seconds: Int) async {
        await siege.settle()
        for _ in 0..<seconds { await siege.pass(.seconds(1)) }
        await siege.settle()
    }

    private func isOver(_ peer: RawPeer, _ siege: Siege, after seconds: Int) async -> Bool {
        await wait(siege, seconds - 1)
        guard !peer.isOver, !peer.text.contains("connection-timeout") else { return false }
        await wait(siege, 1)
        await peer.ended()
        return true
    }

    @Test(arguments: ["", "<?xml version='1.0'?>", "<stream:stream xmlns='jabber:ser"])
    func `who begins no stream is sent away after a minute`(start: String) async throws {
        try await Siege.with { siege in
            let stranger = siege.come()
            stranger.send(start)
            #expect(await isOver(stranger, siege, after: 60))
            #expect(stranger.text.contains("<connection-timeout "), "\(stranger.text)")
        }
    }

    @Test func `so is who sends a byte now and then`() async throws {
        try await Siege.with { siege in
            let stranger = siege.come()
            let header = Array(Speak.header(from: peer).utf8)
            for second in 0..<59 {
                stranger.send([header[second]])
                await wait(siege, 1)
            }
            #expect(!stranger.isOver)
            await wait(siege, 1)
            #expect(await stranger.heard("<connection-timeout "))
            await stranger.ended()
        }
    }

    @Test func `so is who proves nothing under TLS, whatever it asks`() async throws {
        try await Siege.with { siege in
            let stranger = try await siege.stranger(as: peer)
            for _ in 0..<5 {
                await wait(siege, 11)
                stranger.forget()
                stranger.send(
                    "<db:verify from='\(peer)' to='montague.example' id='1'>0</db:verify>"
                )
                #expect(await stranger.heard("type='invalid'"))
            }
            #expect(await isOver(stranger, siege, after: 5))
            #expect(stranger.text.contains("<connection-timeout "))
        }
    }

    @Test func `a handshake that does not end is ended after ten seconds`() async throws {
        try await Siege.with { siege in
            let stranger = siege.come()
            stranger.send(Speak.header(from: peer))
            #expect(await stranger.heard("</stream:features>"))
            stranger.send(Speak.startTLS)
            #expect(await stranger.heard("<proceed"))
            // The first bytes of a record that never comes.
            stranger.send([0x16, 0x03, 0x01, 0x02, 0x00])
            #expect(await isOver(stranger, siege, after: 10))
            let direct = siege.come(terms: S2SListenerTerms(isDirect: true))
            #expect(await isOver(direct, siege, after: 10))
            #expect(!direct.text.contains("<stream"), "nothing is said in the clear")
        }
    }

    @Test func `no more than a few strangers of one address are heard at a time`() async throws {
        try await Siege.with { siege in
            let first = (0..<20).map { _ in siege.come(from: "203.0.113.9") }
            await siege.settle()
            let surplus = siege.come(from: "203.0.113.9")
            await surplus.ended()
            #expect(surplus.text.isEmpty)
            await siege.book.wait(for: "too many strangers")
            // Not those of other addresses, nor who is known.
            let other = try await siege.stranger(as: peer, from: "203.0.113.10")
            #expect(!other.isOver)
            await siege.seeUnharmed()
            await wait(siege, 60)
            for stranger in first { await stranger.ended() }
            let guest = try await siege.guest(as: peer, from: "203.0.113.9")
            #expect(!guest.isOver)
        }
    }

    @Test func `a /64 is one address`() async throws {
        try await Siege.with {
            $0.limits.strangersPerAddress = 2
        } _: { siege in
            let first = (1...2).map { siege.come(from: "2001:db8::\($0)") }
            await siege.settle()
            await siege.come(from: "2001:db8::3").ended()
            let other = try await siege.stranger(as: peer, from: "2001:db8:0:1::3")
            #expect(!other.isOver && !first[0].isOver && !first[1].isOver)
        }
    }

    @Test func `who has proved itself is no stranger`() async throws {
        try await Siege.with {
            $0.limits.strangersPerAddress = 1
        } _: { siege in
            for _ in 0..<3 { _ = try await siege.guest(as: peer) }
            let domain = try JID(peer)
            #expect(siege.server.federation?.service.seats.count(of: domain) == 3)
        }
    }

    @Test func `who acknowledges stays though nothing is said, and goes when it does no more`()
        async throws
    {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            guest.send("<enable xmlns='urn:xmpp:sm:3'/>")
            #expect(await guest.heard("<enabled"))
            for _ in 0..<5 {
                guest.forget()
                await wait(siege, 30)
                #expect(await guest.heard("<r xmlns"))
                guest.send("<a xmlns='urn:xmpp:sm:3' h='0'/>")
            }
            #expect(!guest.isOver)
            // Each look after the stream is due half a minute after the one before.
            for _ in 0..<4 { await wait(siege, 30) }
            await guest.ended()
        }
    }

    // MARK: Those that we call

    @Test func `who takes our call and says nothing is given up, and the sender told`() async throws
    {
        try await Siege.with { siege in
            siege.romeo?.send("<message to='x@\(peer)' id='m1'><body>hello</body></message>")
            let called = try await siege.trap.caller(of: peer)
            #expect(await called.heard("<stream:stream"))
            #expect(await isOver(called, siege, after: 20))
            #expect(await siege.romeo?.heard("<remote-server-timeout") == true)
            #expect(siege.romeo?.text.contains("type='wait'") == true)
        }
    }

    @Test func `so is who never shakes hands`() async throws {
        try await Siege.with { siege in
            siege.romeo?.send("<message to='x@\(peer)' id='m1'><body>hello</body></message>")
            let called = try await siege.trap.caller(of: peer)
            #expect(await called.heard("<stream:stream"))
            called.send(
                siege.header(of: peer, "one")
                    + Speak.features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            )
            #expect(await called.heard("<starttls"))
            called.send(Speak.proceed)
            #expect(await isOver(called, siege, after: 10))
            #expect(await siege.romeo?.heard("<remote-server-timeout") == true)
        }
    }

    @Test func `who does not answer our key is given up`() async throws {
        try await Siege.with { siege in
            siege.romeo?.send("<message to='x@\(peer)' id='m1'><body>hello</body></message>")
            let called = try await siege.answer(as: peer)
            #expect(await called.heard("</db:result>"))
            #expect(await isOver(called, siege, after: 20))
            #expect(await siege.romeo?.heard("<remote-server-timeout") == true)
        }
    }

    @Test func `an authority that says nothing is not waited for longer`() async throws {
        try await Siege.with { siege in
            let stranger = try await siege.stranger(as: peer)
            stranger.forget()
            stranger.send(Speak.result(from: peer))
            let authority = try await siege.trap.caller(of: peer)
            #expect(await authority.heard("<stream:stream"))
            await wait(siege, 19)
            #expect(stranger.text.isEmpty)
            await wait(siege, 1)
            #expect(await stranger.heard("type='error'"))
            #expect(stranger.text.contains("<remote-"), "\(stranger.text)")
            #expect(!stranger.isOver)
        }
    }
}
