import MartletClient
import MartletCore
import MartletNet
import MartletTesting
import MartletXML
import Testing

/// What happens at the bounds that a domain sets.
@Suite struct LimitTests {
    private func rosterSet(_ contact: String) -> Element {
        Element("query", in: Namespace.roster) {
            $0.element("item", in: Namespace.roster, ["jid": contact])
        }
    }

    @Test func `a roster that is full takes changes and removals, and nothing more`() async throws {
        let scene = try await Scene { settings in
            for index in settings.domains.indices { settings.domains[index].limits.rosterItems = 2 }
        }
        let romeo = try await scene.enter(try JID("romeo@montague.example/orchard"))
        for contact in ["a@capulet.example", "b@capulet.example", "a@capulet.example"] {
            #expect(try await romeo.request(.set, rosterSet(contact)).type == .result)
        }
        let refusal = try await romeo.request(.set, rosterSet("c@capulet.example"))
        #expect(refusal.error?.condition == .resourceConstraint)
        #expect(refusal.error?.kind == .wait)

        // To take back what was never given adds nothing, and so is not refused (RFC 6121 §A.2.2).
        await romeo.send(Stanza(.presence, type: .unsubscribe, to: try JID("d@capulet.example")))
        await romeo.send(
            Stanza(.presence, type: .subscribe, to: try JID("e@capulet.example"), id: "s")
        )
        var received = romeo.stanzas.makeAsyncIterator()
        let answer = await received.next()
        #expect(answer?.id == "s")
        #expect(answer?.error?.condition == .resourceConstraint)
        await scene.end()
    }

    @Test func `strangers who ask do not fill a user's roster`() async throws {
        let scene = try await Scene { settings in
            for index in settings.domains.indices { settings.domains[index].limits.rosterItems = 2 }
        }
        let juliet = try await scene.enter(try JID("juliet@capulet.example/balcony"))
        await juliet.sendPresence()
        var received = juliet.stanzas.makeAsyncIterator()
        #expect(await received.next()?.type == .available)
        for name in ["paris", "tybalt"] {
            let stranger = try await scene.enter(try JID("\(name)@montague.example/hall"))
            let account = try JID("juliet@capulet.example")
            await stranger.send(Stanza(.presence, type: .subscribe, to: account))
            #expect(await received.next()?.type == .subscribe)
        }
        for contact in ["a@montague.example", "b@montague.example"] {
            #expect(try await juliet.request(.set, rosterSet(contact)).type == .result)
        }
        await scene.end()
    }

    @Test func `offline messages past the bound return`() async throws {
        let scene = try await Scene { settings in
            for index in settings.domains.indices {
                settings.domains[index].limits.offlineMessages = 3
            }
        }
        let juliet = try JID("juliet@capulet.example/balcony")
        try await scene.enroll(juliet)
        let romeo = try await scene.enter(try JID("romeo@montague.example/orchard"))
        for number in 1...4 { await romeo.send("\(number)", to: juliet.bare) }
        var received = romeo.stanzas.makeAsyncIterator()
        let bounced = await received.next()
        #expect(bounced?.error?.condition == .serviceUnavailable)

        let client = try await scene.enter(juliet)
        await client.sendPresence()
        #expect(await bodies(of: client, 3) == ["1", "2", "3"])
        await scene.end()
    }

    /// A log longer than a client may leave unacknowledged once ended every session it was given to.
    @Test(arguments: [true, false])
    func `a long log of offline messages arrives whole and in order`(isManaged: Bool) async throws {
        let scene = try await Scene { settings in
            for index in settings.domains.indices {
                settings.domains[index].limits.unacknowledgedStanzas = 12
                settings.domains[index].limits.unacknowledgedBytes = 4_096
            }
        }
        let juliet = try JID("juliet@capulet.example/balcony")
        try await scene.enroll(juliet)
        let romeo = try await scene.enter(try JID("romeo@montague.example/orchard"))
        for number in 0..<300 { await romeo.send("\(number)", to: juliet.bare) }
        _ = try await romeo.request(
            .get,
            to: try JID("capulet.example"),
            Element("query", in: Namespace.discoInfo)
        )
        let client = try await scene.enter(juliet, managed: isManaged)
        await client.sendPresence()
        #expect(await bodies(of: client, 300) == (0..<300).map(String.init))
        await scene.end()
    }

    /// The next messages' texts; fewer when the stream ends.
    private func bodies(of client: Client, _ count: Int) async -> [String] {
        var bodies: [String] = []
        for await stanza in client.stanzas where stanza.kind == .message {
            bodies.append(stanza.child("body", in: Namespace.client)?.text ?? "")
            if bodies.count == count { break }
        }
        return bodies
    }
}
