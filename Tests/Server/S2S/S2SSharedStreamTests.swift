import MartletCore
import Testing

@testable import MartletServer

/// Streams that carry several pairs, and what one pair does to another.
@Suite(.timeLimit(.minutes(5)))
struct S2SSharedStreamTests {
    private let peer = "peer.example"

    private func sends(_ visitor: Visitor, _ count: Int) {
        let text = String(repeating: "o", count: 20_000)
        for number in 0..<count {
            visitor.send("<message to='x@\(peer)' id='m\(number).'><body>\(text)</body></message>")
        }
    }

    @Test func `a pair whose stream another one fills has a bounded queue, too`() async throws {
        try await Siege.with {
            $0.limits.queueStanzas = 20
        } _: { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            guest.send(Speak.result(from: peer, to: "verona.example"))
            #expect(await guest.heard("type='valid'"), "\(guest.text)")
            let romeo = try #require(siege.romeo)
            let escalus = try await siege.user("escalus", of: "verona.example")
            guest.stop(reading: true)
            sends(romeo, 75)
            #expect(await romeo.heard("<resource-constraint"), "\(romeo.text)")
            // What it has in hand is as much as the other one may have.
            sends(escalus, 75)
            #expect(await escalus.heard("<resource-constraint"), "\(escalus.text.count)")
            await siege.seeUnharmed()
        }
    }
}
