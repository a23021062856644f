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
}
