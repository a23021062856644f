import MartletCore
import Testing

@testable import MartletServer

/// Dialback by those who are not who they say (attacks 26; XEP-0220 §2.2, §3.1).
@Suite(.timeLimit(.minutes(5)))
struct S2SDialbackAttackTests {
    private let evil = "evil.example"
    private let victim = "victim.example"

    private func condition(_ name: String) -> String { "<\(name) xmlns='urn:ietf:params:xml:ns:" }

    @Test func `a forged key is found out by the domain that it is about`() async throws {
        try await Siege.with { siege in
            let liar = try await siege.stranger(as: victim)
            let id = liar.streamID
            liar.forget()
            liar.send(Speak.result(from: victim))
            let authority = try await siege.answer(as: victim)
            #expect(await authority.heard("<db:verify"), "\(authority.text)")
            #expect(authority.text.contains("id='\(id)'"))
            #expect(authority.text.contains(">0123456789abcdef</db:verify>"))
            authority.send(
                "<db:verify from='\(victim)' to='montague.example' id='\(id)' type='invalid'/>"
            )
            #expect(await liar.heard("type='invalid'"), "\(liar.text)")
            #expect(await liar.heard("</stream:stream>"))
            liar.send(Speak.message("poison", from: "nurse@\(victim)", to: Siege.romeo))
            await liar.ended()
            #expect(siege.romeo?.text.contains("poison") == false)
        }
    }

    @Test(arguments: [
        "<db:result from='evil.example' to='montague.example' type='valid'/>",
        "<db:result from='friend.example' to='montague.example' type='invalid'/>",
        "<db:result from='evil.example' to='montague.example' type='error'/>",
        "<db:verify from='evil.example' to='montague.example' id='one' type='valid'/>",
        "<db:verify from='friend.example' to='montague.example' id='one' type='invalid'/>",
    ])
    func `an answer to what nobody asked ends the stream`(answer: String) async throws {
        try await Siege.with { siege in
            for isProved in [false, true] {
                let peer =
                    if isProved {
                        try await siege.guest(as: evil)
                    } else {
                        try await siege.stranger(as: evil)
                    }
                peer.send(answer)
                #expect(await peer.heard(condition("not-authorized") + "xmpp-streams'"))
                await peer.ended()
            }
        }
    }

    @Test func `we are no authority for the domains of others`() async throws {
        try await Siege.with { siege in
            let peer = try await siege.stranger(as: evil)
            peer.forget()
            peer.send("<db:verify from='\(evil)' to='\(victim)' id='one'>00</db:verify>")
            #expect(await peer.heard("type='error'"))
            #expect(peer.text.contains(condition("item-not-found")))
            peer.forget()
            peer.send("<db:verify from='\(evil)' to='montague.example' id='one'>00</db:verify>")
            #expect(await peer.heard("type='invalid'"), "\(peer.text)")
            peer.forget()
            peer.send(Speak.result(from: evil, to: victim))
            #expect(await peer.heard("type='error'"))
            #expect(peer.text.contains(condition("item-not-found")))
            peer.forget()
            peer.send(Speak.result(from: "verona.example"))
            #expect(await peer.heard("type='error'"))
            #expect(peer.text.contains(condition("not-acceptable")))
            #expect(siege.trap.dialled == [])
        }
    }

    @Test func `an authority speaks for itself alone`() async throws {
        try await Siege.with { siege in
            let liar = try await siege.stranger(as: evil)
            let id = liar.streamID
            liar.forget()
            liar.send(Speak.result(from: evil) + Speak.result(from: "silent-victim.example"))
            let authority = try await siege.answer(as: evil)
            #expect(await authority.heard("<db:verify"))
            authority.send(
                "<db:verify from='silent-victim.example' to='montague.example' id='\(id)'"
                    + " type='valid'/>"
            )
            #expect(await authority.heard(condition("not-authorized")), "\(authority.text)")
            await authority.ended()
            #expect(await liar.heard("type='error'"), "\(liar.text)")
            #expect(!liar.text.contains("type='valid'"))
            liar.send(Speak.message("poison", from: "silent-victim.example", to: Siege.romeo))
            #expect(await liar.heard(condition("not-authorized") + "xmpp-streams'"))
            await liar.ended()
        }
    }

    @Test(arguments: ["id='another'", "id='ID' from='montague.example'", "id='ID' to='x.example'"])
    func `an answer is for one stream and one pair`(what: String) async throws {
        try await Siege.with { siege in
            let liar = try await siege.stranger(as: evil)
            let id = liar.streamID
            liar.send(Speak.result(from: evil))
            let authority = try await siege.answer(as: evil)
            #expect(await authority.heard("<db:verify"))
            let more = what.replacing("ID", with: id)
            let from = more.contains("from=") ? "" : " from='\(evil)'"
            let to = more.contains("to=") ? "" : " to='montague.example'"
            authority.send("<db:verify\(from)\(to) type='valid' \(more)/>")
            #expect(await authority.heard(condition("not-authorized")), "\(authority.text)")
            await authority.ended()
            #expect(!liar.text.contains("type='valid'"))
        }
    }

    @Test func `a key of ours is good for one stream of one pair`() async throws {
        try await Siege.with { siege in
            siege.romeo?.send("<message to='x@\(evil)'><body>hello</body></message>")
            let peer = try await siege.answer(as: evil)
            #expect(await peer.heard("</db:result>"), "\(peer.text)")
            let key = peer.text.split(separator: "<db:result").last?.split(separator: ">")
                .dropFirst()
                .first?.prefix { $0 != "<" }
            let asking = try await siege.stranger(as: evil)
            for (from, to, id, verdict) in [
                (evil, "montague.example", "one", "invalid"),
                (evil, "verona.example", "two", "invalid"),
                (victim, "montague.example", "two", "invalid"),
                (evil, "montague.example", "two", "valid"),
            ] {
                asking.forget()
                asking.send(
                    "<db:verify from='\(from)' to='\(to)' id='\(id)'>\(key ?? "")</db:verify>"
                )
                #expect(await asking.heard("type='\(verdict)'"), "\(from) \(to) \(id)")
            }
        }
    }

    @Test func `what else a proved peer claims must be proved too`() async throws {
        try await Siege.with { siege in
            let peer = try await siege.guest(as: evil)
            peer.send(Speak.result(from: victim))
            let authority = try await siege.answer(as: victim)
            #expect(await authority.heard("<db:verify"))
            let id = authority.text.split(separator: " id='").last?.prefix { $0 != "'" } ?? ""
            authority.send(
                "<db:verify from='\(victim)' to='montague.example' id='\(id)' type='invalid'/>"
            )
            #expect(await peer.heard(condition("forbidden")), "\(peer.text)")
            // The stream lives on, for what was proved before.
            peer.send(Speak.message("from evil", from: "x@\(evil)", to: Siege.romeo))
            #expect(await siege.romeo?.heard("from evil") == true)
            peer.send(Speak.message("poison", from: "x@\(victim)", to: Siege.romeo))
            #expect(await peer.heard(condition("invalid-from")))
            await peer.ended()
        }
    }

    /// Each claim would have us find and call somebody.
    @Test func `ten thousand claims make us call no more than a few`() async throws {
        try await Siege.with { siege in
            for stream in 0..<7 {
                let peer = try await siege.stranger(as: evil)
                peer.forget()
                let claims = (0..<1_500).map {
                    Speak.result(from: "silent-\(stream)-\($0).example")
                }
                peer.send(claims.joined())
                let last = "to='silent-\(stream)-1499.example' type='error'"
                #expect(await peer.heard(last), "\(peer.text.suffix(400))")
                #expect(peer.text.contains(condition("resource-constraint")))
                await siege.seeUnharmed()
            }
            // So many at a time from one address; others are not concerned.
            #expect(siege.trap.dialled.count == 28)
            let other = try await siege.stranger(as: "other.example", from: "203.0.113.5")
            other.send(Speak.result(from: "other.example"))
            #expect(try await siege.trap.caller(of: "other.example").heard("<stream:stream"))
            #expect(siege.trap.dialled.count == 29)
        }
    }

    @Test func `who fails again and again is sent away`() async throws {
        try await Siege.with { siege in
            let peer = try await siege.stranger(as: evil)
            for _ in 0..<16 { peer.send(Speak.result(from: evil, to: victim)) }
            #expect(await peer.heard(condition("policy-violation")))
            await peer.ended()
        }
    }
}
