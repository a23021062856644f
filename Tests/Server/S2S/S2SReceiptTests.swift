import MartletCore
import Synchronization
import Testing

@testable import MartletServer

/// Acknowledgements between servers (XEP-0198), where something goes wrong.
@Suite(.timeLimit(.minutes(5)))
struct S2SReceiptTests {
    private let peer = "peer.example"
    private static let enable = "<enable xmlns='urn:xmpp:sm:3'/>"

    static let refused = [
        "<iq type='get' FROM to='montague.example'><query xmlns='urn:x'/></iq>",
        "<iq type='bogus' id='1' FROM to='montague.example'/>",
        "<iq type='get' id='2' FROM to='montague.example'/>",
        "<message type='error' FROM to='romeo@montague.example'/>",
        "<iq type='error' FROM to='montague.example'/>",
    ]

    @Test(arguments: refused)
    func `a stanza that is refused counts like any other`(bad: String) async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            guest.send(Self.enable)
            #expect(await guest.heard("<enabled"))
            guest.send(bad.replacing("FROM", with: "from='x@\(peer)'"))
            guest.send(Speak.message("after it", from: "x@\(peer)", to: Siege.romeo))
            #expect(await siege.romeo?.heard("<body>after it</body>") == true)
            guest.send("<r xmlns='urn:xmpp:sm:3'/>")
            #expect(await guest.heard("<a "))
            #expect(guest.text.contains("h='2'"), "\(guest.text)")
        }
    }

    @Test func `what was written to a peer that then refuses to count is not lost`() async throws {
        try await Siege.with { siege in
            let romeo = try #require(siege.romeo)
            romeo.send("<message to='x@\(peer)' id='m1'><body>hello</body></message>")
            let host = try await siege.answer(
                as: peer,
                features: Speak.dialbackFeature + "<sm xmlns='urn:xmpp:sm:3'/>"
            )
            #expect(await host.heard("</db:result>"), "\(host.text)")
            host.send("<db:result from='\(peer)' to='montague.example' type='valid'/>")
            #expect(await host.heard("<body>hello</body>"), "\(host.text)")
            #expect(host.text.contains("<enable "))
            host.send(
                "<failed xmlns='urn:xmpp:sm:3'><unexpected-request"
                    + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
            )
            // It is asked what became of it, and goes away instead of answering.
            #expect(await host.heard("<ping "), "\(host.text)")
            host.drop()
            #expect(await romeo.heard("<remote-server-timeout"), "\(romeo.text)")
            #expect(romeo.text.contains("it may have received this before"))
        }
    }

    @Test func `what waits for acknowledgements has not left`() async throws {
        try await Siege.with {
            $0.limits.queueStanzas = 20
        } _: { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            guest.send(Self.enable)
            #expect(await guest.heard("<enabled"))
            let pair = DomainPair(sender: try JID("montague.example"), target: try JID(peer))
            let hasPassed = Flag()
            for place in siege.server.federation?.service.streams.places ?? [] {
                await place.visit { [pair] stream in
                    guard stream.seats.contains(pair.target) else { return }
                    stream.write((0..<25).map { message("n\($0).", to: "peer.example") }, for: pair)
                    stream.afterFlush { hasPassed.raise() }
                }
            }
            #expect(await guest.heard("id='n19.'"), "\(guest.text)")
            await siege.settle()
            #expect(!hasPassed.isRaised && !guest.text.contains("id='n20.'"))
            guest.send("<a xmlns='urn:xmpp:sm:3' h='20'/>")
            #expect(await guest.heard("id='n24.'"), "\(guest.text)")
            await siege.settle()
            #expect(hasPassed.isRaised)
        }
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)
        var isRaised: Bool { state.withLock { $0 } }

        func raise() {
            state.withLock { $0 = true }
        }
    }
}
