import MartletCore
import Testing

@testable import MartletServer

/// Stanzas of a peer that has the right to send some (attacks 28–32).
@Suite(.timeLimit(.minutes(5)))
struct S2SHostileStanzaTests {
    private let peer = "peer.example"

    /// Something behind which nothing of what was said before is left.
    private func mark(_ guest: RawPeer, _ siege: Siege, _ number: Int = 0) async {
        guest.send(
            "<iq type='get' id='mark\(number)' from='\(peer)' to='montague.example'>"
                + "<ping xmlns='urn:xmpp:ping'/></iq>"
        )
        #expect(await guest.heard("id='mark\(number)'"), "\(guest.text)")
    }

    @Test func `nobody else stamps a delay in our name`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            let stamps = ["montague.example", "verona.example", "peer.example", "x.example"].map {
                "<delay xmlns='urn:xmpp:delay' from='\($0)' stamp='2002-09-10T23:08:25Z'/>"
            }
            guest.send(
                Speak.message("late", from: "x@\(peer)", to: Siege.romeo, more: stamps.joined())
            )
            #expect(await siege.romeo?.heard(">late<") == true)
            #expect(await siege.romeo?.heard("from='x.example' stamp=") == true)
            let heard = siege.romeo?.text.split(separator: ">late<").last ?? ""
            #expect(heard.contains("from='peer.example' stamp="))
            #expect(!heard.contains("from='montague.example' stamp="))
            #expect(!heard.contains("from='verona.example' stamp="))
        }
    }

    static let bad = ["type='get'", "type='bogus' id='1'", "id='1'"]

    @Test func `iqs that are none are answered, once`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            for (number, what) in Self.bad.enumerated() {
                guest.forget()
                guest.send(
                    "<iq from='x@\(peer)' to='montague.example' \(what)>"
                        + "<query xmlns='urn:x'/></iq>"
                )
                await mark(guest, siege, number)
                #expect(guest.text.split(separator: "<bad-request ").count == 2, "\(guest.text)")
            }
            for (number, content) in ["", "<query xmlns='urn:x'/><query xmlns='urn:x'/>"]
                .enumerated()
            {
                guest.forget()
                guest.send(
                    "<iq from='x@\(peer)' to='montague.example' type='get' id='two'>\(content)</iq>"
                )
                await mark(guest, siege, 10 + number)
                #expect(guest.text.split(separator: "<bad-request ").count == 2, "\(guest.text)")
            }
            #expect(!guest.isOver)
        }
    }

    static let unanswered = [
        "<iq type='result' id='r1' TO/>", "<iq type='error' id='e1' TO/>",
        "<iq type='error' id='e2' TO><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:"
            + "xmpp-stanzas'/></error></iq>",
        "<message type='error' id='m1' TO><body>x</body></message>",
        "<message type='error' TO><error type='cancel'/></message>",
        "<presence type='error' TO/>", "<presence type='unavailable' TO/>",
        "<iq type='error' TO><ping xmlns='urn:xmpp:ping'/></iq>",
    ]

    @Test func `errors and answers are never answered`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            for to in [
                "montague.example", "nobody@montague.example", "nobody@montague.example/x",
                "\(Siege.romeo)/nowhere", "montague.example/x",
            ] {
                for what in Self.unanswered {
                    guest.send(what.replacing("TO", with: "from='x@\(peer)' to='\(to)'"))
                }
            }
            await mark(guest, siege)
            // The mark's answer is written, and a ping that asks whether that has arrived.
            let others = guest.text.split(separator: "<iq ").filter {
                !$0.contains("id='mark0'") && !$0.contains("id='echo-")
            }
            #expect(others.isEmpty, "\(guest.text)")
            #expect(!guest.text.contains("<message") && !guest.text.contains("<presence"))
        }
    }

    @Test func `an error that comes back to us goes no further`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            guest.send(Speak.message("hello?", from: "x@\(peer)", to: "nobody@montague.example"))
            #expect(await guest.heard("type='error'"))
            for _ in 0..<10 {
                guest.send(
                    "<message type='error' from='x@\(peer)' to='nobody@montague.example'>"
                        + "<error type='cancel'><service-unavailable"
                        + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
                )
            }
            await mark(guest, siege)
            #expect(guest.text.split(separator: "<message ").count == 1, "\(guest.text)")
        }
    }

    @Test func `a roster is nobody else's to push`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            for (number, to) in ["\(Siege.romeo)/here", Siege.romeo].enumerated() {
                guest.send(
                    "<iq type='set' id='push\(number)' from='x@\(peer)' to='\(to)'>"
                        + "<query xmlns='jabber:iq:roster'><item jid='evil@\(peer)'"
                        + " subscription='both'/></query></iq>"
                )
                #expect(await guest.heard("id='push\(number)'"), "\(guest.text)")
            }
            #expect(guest.text.split(separator: "<service-unavailable").count == 3)
            await siege.seeUnharmed()
            #expect(siege.romeo?.text.contains("evil@") == false)
        }
    }

    @Test func `a copy that a stranger forges is the stranger's`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            let forged =
                "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                + "<message xmlns='jabber:client' from='friend.example' to='\(Siege.romeo)'>"
                + "<body>forged</body></message></forwarded></received>"
            guest.send(
                "<message from='x@\(peer)' to='\(Siege.romeo)/here' type='chat'>\(forged)</message>"
            )
            #expect(await siege.romeo?.heard(">forged<") == true)
            let outer = siege.romeo?.text.split(separator: "<message ").last {
                !$0.contains(">forged<") && $0.contains("<received")
            }
            #expect(outer?.contains("from='x@\(peer)'") == true, "\(siege.romeo?.text ?? "")")
        }
    }

    /// The witness is a peer like any other, and its stream leads to nobody else.
    @Test func `nothing is relayed from one server to another`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer)
            guest.send(Speak.message("relay me", from: "x@\(peer)", to: "benvolio@friend.example"))
            #expect(await guest.heard("<host-unknown "))
            await guest.ended()
        }
    }
}
