import MartletCore
import Testing

@testable import MartletServer

/// What other settings make of streams that stand.
@Suite(.timeLimit(.minutes(5)))
struct S2SReloadTests {
    private let peer = "peer.example"

    /// One that was authorised by dialback.
    private func caller(_ siege: Siege) async throws -> RawPeer {
        let caller = try await siege.stranger(as: peer)
        let id = caller.streamID
        caller.send(Speak.result(from: peer))
        let authority = try await siege.answer(as: peer)
        #expect(await authority.heard("<db:verify"), "\(authority.text)")
        authority.send(
            "<db:verify from='\(peer)' to='montague.example' id='\(id)' type='valid'/>"
        )
        #expect(await caller.heard("type='valid'"), "\(caller.text)")
        caller.send(Speak.message("before", from: "x@\(peer)", to: Siege.romeo))
        #expect(await siege.romeo?.heard("<body>before</body>") == true)
        return caller
    }

    @Test func `who proved less than has to be proved by now is sent away`() async throws {
        try await Siege.with { siege in
            let caller = try await caller(siege)
            let guest = try await siege.guest(as: "guest.example", from: "192.0.2.2")
            var settings = siege.settings
            settings.s2s.trust.proof = .certificate
            try await siege.server.reload(settings)
            #expect(await caller.heard("<policy-violation "), "\(caller.text)")
            await caller.ended()
            guest.send(Speak.message("after", from: "x@guest.example", to: Siege.romeo))
            #expect(await siege.romeo?.heard("<body>after</body>") == true)
        }
    }

    @Test func `who proved as much stays`() async throws {
        try await Siege.with { siege in
            let caller = try await caller(siege)
            var settings = siege.settings
            settings.s2s.lists.block = ["evil.example"]
            try await siege.server.reload(settings)
            caller.send(Speak.message("after", from: "x@\(peer)", to: Siege.romeo))
            #expect(await siege.romeo?.heard("<body>after</body>") == true)
        }
    }

    /// A stream that speaks for two of our domains, both ways.
    private func shared(_ siege: Siege) async throws -> RawPeer {
        let guest = try await siege.guest(as: peer, isBidirectional: true)
        guest.send(Speak.result(from: peer, to: "verona.example"))
        try #require(await guest.heard("type='valid'"), "\(guest.text)")
        await siege.settle()
        return guest
    }

    @Test func `a domain that goes leaves the others of its stream what is on its way`()
        async throws
    {
        try await Siege.with { siege in
            let guest = try await shared(siege)
            siege.romeo?.send("<message to='x@\(peer)' id='one'><body>one</body></message>")
            try #require(await guest.heard("<body>one</body>"), "\(guest.text)")
            var settings = siege.settings
            settings.domains.removeAll { $0.name == "verona.example" }
            try await siege.server.reload(settings)
            #expect(await guest.heard("</stream:stream>"), "\(guest.text)")
            #expect(!guest.text.contains("<stream:error"), "\(guest.text)")
            // The peer had said this before it heard the goodbye.
            guest.send(
                Speak.message("gone", from: "x@\(peer)", to: "escalus@verona.example")
                    + Speak.message("on its way", from: "x@\(peer)", to: Siege.romeo)
            )
            #expect(await siege.romeo?.heard("<body>on its way</body>") == true)
        }
    }

    @Test func `a pair that is no longer admitted says nothing more, and the others do`()
        async throws
    {
        try await Siege.with { siege in
            let escalus = try await siege.user("escalus", of: "verona.example")
            let guest = try await shared(siege)
            var settings = siege.settings
            for index in settings.domains.indices
            where settings.domains[index].name == "verona.example" {
                settings.domains[index].s2s.lists = PeerLists()
                settings.domains[index].s2s.lists?.block = [peer]
            }
            try await siege.server.reload(settings)
            #expect(await guest.heard("</stream:stream>"), "\(guest.text)")
            guest.send(
                Speak.message("no more", from: "x@\(peer)", to: "escalus@verona.example")
                    + Speak.message("on its way", from: "x@\(peer)", to: Siege.romeo)
            )
            #expect(await siege.romeo?.heard("<body>on its way</body>") == true)
            await siege.settle()
            escalus.send("<message to='\(Siege.romeo)'><body>that is all</body></message>")
            #expect(await siege.romeo?.heard("<body>that is all</body>") == true)
            #expect(!escalus.text.contains("no more"))
        }
    }

    @Test func `a stream of nothing else ends with the reason`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.stranger(as: peer, papers: try await siege.papers(of: peer))
            guest.send(Speak.result(from: peer, to: "verona.example"))
            try #require(await guest.heard("type='valid'"), "\(guest.text)")
            var settings = siege.settings
            settings.domains.removeAll { $0.name == "verona.example" }
            try await siege.server.reload(settings)
            #expect(await guest.heard("<host-gone "), "\(guest.text)")
        }
    }
}
