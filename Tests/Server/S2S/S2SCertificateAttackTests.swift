import MartletCore
import MartletCrypto
import TestSupport
import Testing

@testable import MartletServer

/// Certificates that prove nothing, where nothing less than one is enough, and TLS that is tampered
/// with (attacks 16, 17, 23, 27).
@Suite(.timeLimit(.minutes(5)))
struct S2SCertificateAttackTests {
    private let peer = "peer.example"

    private struct Paper {
        let name: String
        let identity: TLSIdentity?
    }

    /// What a liar may have who says that it is `peer.example`.
    private func papers(_ siege: Siege) async throws -> [Paper] {
        let stranger = try await TestAuthority("Stranger")
        let authority = siege.authority
        return [
            Paper(name: "none", identity: nil),
            Paper(
                name: "expired",
                identity: try await authority.issue(
                    subject: peer,
                    names: "DNS:\(peer)",
                    from: "20240101",
                    until: "20250101"
                )
            ),
            Paper(
                name: "another's signature",
                identity: try await stranger.issue(subject: peer, names: "DNS:\(peer)")
            ),
            Paper(
                name: "another's name",
                identity: try await authority.issue(
                    subject: "other.example",
                    names: "DNS:other.example,DNS:x.\(peer),DNS:\(peer).other.example"
                )
            ),
            Paper(
                name: "common name alone",
                identity: try await authority.issue(subject: peer, names: nil)
            ),
            Paper(
                name: "common name beside another",
                identity: try await authority.issue(subject: peer, names: "DNS:other.example")
            ),
            Paper(
                name: "a user's",
                identity: try await authority.issue(
                    subject: peer,
                    names: "otherName:1.3.6.1.5.5.7.8.5;UTF8:x@\(peer)"
                )
            ),
            Paper(
                name: "a wildcard",
                identity: try await authority.issue(subject: peer, names: "DNS:*.example")
            ),
            Paper(
                name: "wildcards that are none",
                identity: try await authority.issue(
                    subject: peer,
                    names: "DNS:*,DNS:p*.example,DNS:*r.example,DNS:peer.*,DNS:*.peer.example"
                )
            ),
            Paper(
                name: "an address",
                identity: try await authority.issue(subject: peer, names: "IP:192.0.2.1")
            ),
        ]
    }

    @Test func `a certificate that proves nothing gets nobody in`() async throws {
        try await Siege.with {
            $0.trust.proof = .certificate
        } _: { siege in
            for paper in try await papers(siege) {
                let liar = try await siege.stranger(as: peer, papers: paper.identity)
                #expect(!liar.text.contains("EXTERNAL"), "\(paper.name)")
                liar.send(Speak.external(peer))
                #expect(await liar.heard("<not-authorized/></failure>"), "\(liar.text)")
                liar.forget()
                liar.send(Speak.result(from: peer))
                #expect(await liar.heard("</db:result>"), "\(paper.name)")
                #expect(liar.text.contains("type='error'") && liar.text.contains("<not-authorized"))
                liar.send(Speak.message("poison", from: "x@\(peer)", to: Siege.romeo))
                #expect(await liar.heard("<stream:error><not-authorized"), "\(liar.text)")
                await liar.ended()
            }
            #expect(siege.trap.dialled == [])
            #expect(siege.romeo?.text.contains("poison") == false)
        }
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("[2001:db8::7]", "2001:db8::7"),
    ])
    func `a peer whose domain is an address proves it as one`(
        domain: String,
        address: String
    ) async throws {
        try await Siege.with {
            $0.trust.proof = .certificate
        } _: { siege in
            let authority = siege.authority
            let own = try await authority.issue(subject: "x", names: "IP:\(address)")
            let guest = try await siege.guest(as: domain, papers: own)
            guest.send(Speak.message("from afar", from: "x@\(domain)", to: Siege.romeo))
            #expect(await siege.romeo?.heard("<body>from afar</body>") == true)
            let named = try await authority.issue(subject: "x", names: "DNS:\(address)")
            let liar = try await siege.stranger(as: domain, papers: named)
            #expect(!liar.text.contains("EXTERNAL"))
            liar.send(Speak.external(domain))
            #expect(await liar.heard("<not-authorized/></failure>"), "\(liar.text)")
        }
    }

    @Test func `a good certificate is for its name alone`() async throws {
        try await Siege.with { siege in
            let own = try await siege.papers(of: peer)
            let liar = try await siege.stranger(as: "victim.example", papers: own)
            #expect(!liar.text.contains("EXTERNAL"))
            for name in ["victim.example", peer] {
                liar.forget()
                liar.send(Speak.external(name))
                #expect(await liar.heard("</failure>"), "\(liar.text)")
            }
            let climber = try await siege.stranger(as: peer, papers: own)
            #expect(climber.text.contains("EXTERNAL"))
            climber.send(Speak.external("victim.example"))
            #expect(await climber.heard("<invalid-authzid/>"), "\(climber.text)")
            for _ in 0..<2 { climber.send(Speak.external("montague.example")) }
            #expect(await climber.heard("<policy-violation "), "\(climber.text)")
            await climber.ended()
        }
    }

    @Test(arguments: [
        (Speak.header(from: "victim.example"), "invalid-from"),
        (Speak.header(from: "peer.example", to: "verona.example"), "host-unknown"),
        ("<message from='x@peer.example' to='romeo@montague.example'/>", "invalid-namespace"),
    ])
    func `after the proof the stream is the same one's`(
        next: String,
        condition: String
    ) async throws {
        try await Siege.with { siege in
            let own = try await siege.papers(of: peer)
            let climber = try await siege.stranger(as: peer, papers: own)
            climber.forget()
            climber.send(Speak.external(peer))
            #expect(await climber.heard("<success"))
            climber.send(next)
            #expect(await climber.heard("<\(condition) "), "\(climber.text)")
            await climber.ended()
        }
    }

    // MARK: TLS

    @Test func `without TLS nothing is to be had`() async throws {
        try await Siege.with { siege in
            let stranger = siege.come()
            stranger.send(Speak.header(from: peer))
            #expect(await stranger.heard("<required/>"))
            #expect(!stranger.text.contains("urn:xmpp:features:dialback"))
            stranger.send(Speak.external(peer))
            #expect(await stranger.heard("<encryption-required/>"), "\(stranger.text)")
            stranger.send(Speak.result(from: peer))
            #expect(await stranger.heard("<policy-violation"), "\(stranger.text)")
            #expect(siege.trap.dialled == [])
            stranger.forget()
            stranger.send("<db:verify from='\(peer)' to='montague.example' id='1'>0</db:verify>")
            #expect(await stranger.heard("<policy-violation"), "\(stranger.text)")
            #expect(!stranger.text.contains("<stream:error"))
            stranger.send(Speak.bidi)
            #expect(await stranger.heard("<stream:error><policy-violation"), "\(stranger.text)")
            await stranger.ended()
        }
    }

    @Test func `what was put behind STARTTLS means nothing`() async throws {
        try await Siege.with { siege in
            let own = try await siege.papers(of: peer)
            let stranger = siege.come()
            stranger.send(Speak.header(from: peer))
            #expect(await stranger.heard("</stream:features>"))
            stranger.send(
                Speak.startTLS + Speak.header(from: "injected.example")
                    + Speak.result(from: "injected.example")
                    + Speak.message("poison", from: "x@injected.example", to: Siege.romeo)
            )
            #expect(await stranger.heard("<proceed"))
            #expect(try await siege.secure(stranger, own))
            stranger.send(Speak.header(from: peer))
            #expect(await stranger.heard("</stream:features>"), "\(stranger.text)")
            #expect(stranger.text.contains("to='\(peer)'"))
            stranger.send(Speak.external(peer))
            #expect(await stranger.heard("<success"), "\(stranger.text)")
            #expect(!stranger.text.contains("injected.example"))
            #expect(siege.trap.dialled == [])
            #expect(siege.romeo?.text.contains("poison") == false)
        }
    }

    @Test func `what was negotiated in the clear is forgotten under TLS`() async throws {
        try await Siege.with {
            $0.trust.tls = .optional
        } _: { siege in
            let stranger = siege.come()
            stranger.send(Speak.header(from: peer))
            #expect(await stranger.heard("</stream:features>"))
            let id = stranger.streamID
            stranger.send(Speak.result(from: peer))
            let authority = try await siege.answer(as: peer)
            #expect(await authority.heard("<db:verify"))
            stranger.send(Speak.startTLS)
            #expect(await stranger.heard("<proceed"))
            // The answer comes when it is about a stream that is no more.
            authority.send(
                "<db:verify from='\(peer)' to='montague.example' id='\(id)' type='valid'/>"
            )
            #expect(try await siege.secure(stranger))
            stranger.send(Speak.header(from: peer))
            #expect(await stranger.heard("</stream:features>"))
            #expect(stranger.streamID != id)
            stranger.send(Speak.message("poison", from: "x@\(peer)", to: Siege.romeo))
            #expect(await stranger.heard("<stream:error><not-authorized"), "\(stranger.text)")
            await stranger.ended()
        }
    }

    @Test func `a second STARTTLS, and one that is no handshake, end the stream`() async throws {
        try await Siege.with { siege in
            let secure = try await siege.stranger(as: peer)
            secure.send(Speak.startTLS)
            #expect(await secure.heard("<policy-violation "))
            await secure.ended()
            let stranger = siege.come()
            stranger.send(Speak.header(from: peer))
            #expect(await stranger.heard("</stream:features>"))
            stranger.send(Speak.startTLS)
            #expect(await stranger.heard("<proceed"))
            stranger.send("GET / HTTP/1.1\r\n\r\n" + Speak.header(from: peer))
            await stranger.ended()
        }
    }

    @Test func `a peer that we call cannot put words in front of TLS`() async throws {
        try await Siege.with { siege in
            siege.romeo?.send("<message to='x@\(peer)' id='m1'><body>secret</body></message>")
            let called = try await siege.trap.caller(of: peer)
            #expect(await called.heard("<stream:stream"))
            called.send(
                siege.header(of: peer, "one")
                    + Speak.features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            )
            #expect(await called.heard("<starttls"))
            let own = TLSServerSettings(
                identities: TLSIdentities(fallback: try await siege.papers(of: peer))
            )
            let injected =
                siege.header(of: peer, "injected") + Speak.features(Speak.dialbackFeature)
                + "<db:result from='\(peer)' to='montague.example' type='valid'/>"
            let context = try TLSContext(server: own)
            #expect(await called.secure(context, .server(), saying: Speak.proceed + injected))
            #expect(await called.heard("<stream:stream"))
            #expect(!called.text.contains("<db:result") && !called.text.contains("secret"))
            called.send(siege.header(of: peer, "two") + Speak.features(Speak.dialbackFeature))
            #expect(await called.heard("<db:result"), "\(called.text)")
            #expect(!called.text.contains("secret"))
        }
    }

    @Test func `a peer that we call and that offers no TLS gets nothing`() async throws {
        try await Siege.with { siege in
            siege.romeo?.send("<message to='x@\(peer)' id='m1'><body>secret</body></message>")
            let called = try await siege.trap.caller(of: peer)
            #expect(await called.heard("<stream:stream"))
            called.send(siege.header(of: peer, "one") + Speak.features(Speak.dialbackFeature))
            #expect(await called.heard("<policy-violation "), "\(called.text)")
            await called.ended()
            #expect(await siege.romeo?.heard("<remote-server-timeout") == true)
            #expect(!called.text.contains("secret"))
        }
    }
}
