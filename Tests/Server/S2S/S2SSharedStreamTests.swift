import MartletCore
import Testing

@testable import MartletServer

/// Streams that carry several pairs, and what one pair does to another.
@Suite(.timeLimit(.minutes(5)))
struct S2SSharedStreamTests {
    private let peer = "peer.example"
    private static let refusal = "<resource-constraint"

    /// Sends until something is refused: what is on its way when the stream is full is taken yet.
    private func overfills(_ visitor: Visitor, in siege: Siege) async -> Bool {
        let text = String(repeating: "o", count: 20_000)
        for number in 0..<500 where !visitor.text.contains(Self.refusal) {
            visitor.send("<message to='x@\(peer)' id='m\(number).'><body>\(text)</body></message>")
            await siege.settle()
        }
        return await visitor.heard(Self.refusal)
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
            #expect(await overfills(romeo, in: siege), "\(romeo.text.suffix(1_000))")
            // What it has in hand is as much as the other one may have.
            #expect(await overfills(escalus, in: siege), "\(escalus.text.suffix(1_000))")
            await siege.seeUnharmed()
        }
    }
}
