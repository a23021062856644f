import MartletCore
import Testing

@testable import MartletServer

/// Whom a peer may speak as, and to (attacks 25, 33, 45; RFC 6120 §4.9.3, §8.1).
@Suite(.timeLimit(.minutes(5)))
struct S2SSpeakerTests {
    private let peer = "peer.example"

    @Test(arguments: [
        (Speak.header(from: "peer.example", content: "jabber:client"), "invalid-namespace"),
        (
            Speak.header(from: "peer.example", content: "jabber:component:accept"),
            "invalid-namespace"
        ),
        (Speak.header(from: "peer.example", to: "elsewhere.example"), "host-unknown"),
        (Speak.header(from: "peer.example", to: nil), "host-unknown"),
        (Speak.header(from: "peer.example", to: "romeo@montague.example"), "host-unknown"),
        (Speak.header(from: "peer.example", version: nil), "unsupported-version"),
        (Speak.header(from: "peer.example", version: "0.9"), "unsupported-version"),
        (Speak.header(from: "peer.example", version: "one"), "unsupported-version"),
        (Speak.header(from: "montague.example"), "invalid-from"),
        (Speak.header(from: "verona.example"), "invalid-from"),
        (Speak.header(from: "x@peer.example"), "invalid-from"),
        (Speak.header(from: "@"), "invalid-from"),
        (
            Speak.header(from: "peer.example").replacing("etherx.jabber.org", with: "x.example"),
            "invalid-namespace"
        ),
        (Speak.header(from: "blocked.example"), "policy-violation"),
    ])
    func `what cannot begin a stream`(header: String, condition: String) async throws {
        try await Siege.with {
            $0.lists.block = ["blocked.example"]
        } _: { siege in
            let stranger = siege.come()
            stranger.send(header)
            #expect(await stranger.heard("<\(condition) "), "\(stranger.text)")
            #expect(await stranger.heard("</stream:stream>"))
            #expect(stranger.text.contains("<stream:stream"))
            await stranger.ended()
        }
    }

    static let sayings: [(String, String)] = [
        ("<message from='x@other.example' to='romeo@montague.example'>", "invalid-from"),
        ("<message from='sub.peer.example' to='romeo@montague.example'>", "invalid-from"),
        ("<message from='romeo@montague.example' to='romeo@montague.example'>", "invalid-from"),
        ("<message from='montague.example' to='romeo@montague.example'>", "invalid-from"),
        ("<message from='friend.example' to='romeo@montague.example'>", "invalid-from"),
        ("<message to='romeo@montague.example'>", "improper-addressing"),
        ("<message from='x@peer.example'>", "improper-addressing"),
        ("<message from='' to='romeo@montague.example'>", "improper-addressing"),
        ("<message from='x@peer.example' to=''>", "improper-addressing"),
        ("<message from='@peer.example' to='romeo@montague.example'>", "improper-addressing"),
        ("<message from='x@peer.example' to='@montague.example'>", "improper-addressing"),
        ("<message from='x@peer.example' to='montague.example/'>", "improper-addressing"),
        ("<message from='x@peer.example' to='a@b@montague.example'>", "improper-addressing"),
        (
            "<message from='x\u{200E}y@peer.example' to='romeo@montague.example'>",
            "improper-addressing"
        ),
        (
            "<message from='x@peer.example' to='\(String(repeating: "a", count: 1024))@montague.example'>",
            "improper-addressing"
        ),
        ("<message from='x@peer.example' to='x@elsewhere.example'>", "host-unknown"),
        ("<message from='x@peer.example' to='x@friend.example'>", "host-unknown"),
    ]

    @Test func `who proved one name speaks in no other, and to nobody else`() async throws {
        try await Siege.with { siege in
            let papers = try await siege.papers(of: peer)
            for (start, condition) in Self.sayings {
                for name in ["message", "iq", "presence"] {
                    let guest = try await siege.guest(as: peer, papers: papers)
                    let tag = start.replacing("<message", with: "<\(name) type='error' id='1'")
                    guest.send("\(tag)<body>poison</body></\(name)>")
                    #expect(await guest.heard("<\(condition) "), "\(tag) \(guest.text)")
                    await guest.ended()
                }
            }
            #expect(siege.romeo?.text.contains("poison") == false)
        }
    }

    @Test func `nothing is said before anything is proved`() async throws {
        try await Siege.with {
            $0.trust.tls = .optional
        } _: { siege in
            for isSecure in [false, true] {
                for name in ["message", "presence", "iq"] {
                    let speaker =
                        isSecure ? try await siege.stranger(as: peer) : siege.come()
                    if !isSecure { speaker.send(Speak.header(from: peer)) }
                    speaker.send(
                        "<\(name) from='x@\(peer)' to='\(Siege.romeo)' id='1'>"
                            + "<body>poison</body></\(name)>"
                    )
                    #expect(await speaker.heard("<not-authorized "), "\(speaker.text)")
                    await speaker.ended()
                }
            }
            #expect(siege.romeo?.text.contains("poison") == false)
        }
    }

    @Test func `a dialback key is for one pair`() async throws {
        try await Siege.with { siege in
            let stranger = try await siege.stranger(as: peer)
            stranger.send(Speak.result(from: peer))
            let authority = try await siege.answer(as: peer)
            #expect(await authority.heard("</db:verify>"))
            authority.send(
                "<db:verify from='\(peer)' to='montague.example' id='\(stranger.streamID)'"
                    + " type='valid'/>"
            )
            #expect(await stranger.heard("type='valid'"), "\(stranger.text)")
            stranger.send(Speak.message("one", from: "x@\(peer)", to: Siege.romeo))
            #expect(await siege.romeo?.heard(">one<") == true)
            stranger.send(Speak.message("two", from: "x@\(peer)", to: "romeo@verona.example"))
            #expect(await stranger.heard("<improper-addressing "))
            await stranger.ended()
        }
    }

    @Test(arguments: [
        ("<message xmlns='urn:x'/>", "unsupported-stanza-type"),
        ("<offer xmlns='jabber:server'/>", "unsupported-stanza-type"),
        ("<handshake xmlns='jabber:component:accept'/>", "unsupported-stanza-type"),
        ("<stream:features/>", "unsupported-stanza-type"),
        (Speak.startTLS, "policy-violation"),
        (Speak.bidi, "policy-violation"),
        (Speak.external("peer.example"), "policy-violation"),
        ("<db:other from='peer.example' to='montague.example'/>", "unsupported-stanza-type"),
        ("<db:result from='peer.example' type='valid'/>", "improper-addressing"),
        (
            "<db:verify from='peer.example' to='montague.example'>0</db:verify>",
            "improper-addressing"
        ),
        ("<db:result from='peer.example' to='montague.example' type='x'/>", "bad-format"),
        ("<a xmlns='urn:xmpp:sm:3' h='1'/>", "unsupported-stanza-type"),
    ])
    func `what is no stanza ends the stream`(what: String, condition: String) async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            guest.send(what)
            #expect(await guest.heard("<\(condition) "), "\(guest.text)")
            await guest.ended()
        }
    }

    @Test func `an error of the peer's is not answered by another`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            guest.send(
                "<stream:error><bad-format xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    + "</stream:error>"
            )
            #expect(await guest.heard("</stream:stream>"))
            await guest.ended()
            #expect(!guest.text.contains("<stream:error"))
        }
    }
}
