import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Synchronization
import Testing

/// What strangers may learn, and what they may do with presence (attacks 34, 36).
@Suite(.timeLimit(.minutes(5)))
struct PresenceTests {
    static let questions = [
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        "<query xmlns='jabber:iq:last'/>",
        "<query xmlns='jabber:iq:version'/>",
        "<ping xmlns='urn:xmpp:ping'/>",
        "<vCard xmlns='vcard-temp'/>",
    ]

    @Test(arguments: questions)
    func `a stranger cannot tell an account from none`(question: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            var answers: Set<String> = []
            for name in ["juliet", "nurse", "nobody"] {
                await romeo.send(
                    "<iq type='get' id='q' to='\(name)@capulet.example'>\(question)</iq>"
                )
                let error = try await romeo.expectError("cancel", "service-unavailable", id: "q")
                answers.insert("\(error)".replacing("\(name)@", with: "x@"))
            }
            #expect(answers.count == 1)
            try await juliet.expectNothing()
        }
    }

    @Test
    func `a stranger cannot find out who is there by probing`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            for to in ["juliet@capulet.example", "juliet@capulet.example/balcony"] {
                await romeo.send("<presence type='probe' to='\(to)'/>")
            }
            try await romeo.expectNothing()
            try await juliet.expectNothing()
        }
    }

    @Test
    func `an answer to a stranger's subscription request gives nothing away`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            await romeo.send("<presence/>")
            try await romeo.expect("presence")
            await romeo.send("<presence type='subscribe' to='juliet@capulet.example'/>")
            let request = try await juliet.expect("presence[@type='subscribe']")
            #expect(request["from"] == "romeo@montague.example")
            try await romeo.expectNothing()
        }
    }

    @Test
    func `subscribed that nobody asked for opens nothing`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            for type in ["subscribed", "unsubscribe", "unsubscribed"] {
                await romeo.send("<presence type='\(type)' to='juliet@capulet.example'/>")
            }
            await romeo.send("<presence/>")
            try await romeo.expect("presence")
            try await romeo.expectNothing()
            try await juliet.expectNothing()
        }
    }

    @Test
    func `presence that was directed is taken back when the client is gone`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await romeo.send("<presence to='juliet@capulet.example/balcony'/>")
            try await juliet.expect("presence")
            await romeo.cut()
            let end = try await juliet.expect("presence[@type='unavailable']")
            #expect(end["from"] == (try await romeo.jid.description))
        }
    }

    @Test
    func `a flood of presence reaches contacts in order and no one else`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            await romeo.send(
                (0..<2_000).map { "<presence><status>\($0)</status></presence>" }.joined()
            )
            for index in 0..<2_000 {
                let own = try await romeo.expect("presence/status")
                #expect(own.child("status")?.text == "\(index)")
            }
            try await juliet.expectNothing()
        }
    }

    @Test
    func `a flood told to many is slowed down, and nobody else is`() async throws {
        let clock = ManualClock()
        try await withServer(
            { settings in
                for index in settings.domains.indices {
                    settings.domains[index].limits.deliveriesPerSecond = 100
                    settings.domains[index].limits.burstDeliveries = 100
                }
            },
            clock: clock
        ) { server in
            try await befriend(server, try JID("romeo@montague.example"))
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let mercutio = try await server.login("mercutio@montague.example")
            await juliet.send("<presence/>")
            try await juliet.expect("presence")
            let start = clock.now
            await romeo.send(
                (0..<15).map { "<presence><status>\($0)</status></presence>" }.joined()
            )
            // Fifteen times twenty contacts and twenty probes, less the burst, at a hundred a second;
            // the last of them may be owed still.
            try await juliet.skip(to: "presence/status")
            try await mercutio.expectNothing()
            let sofar = String(decoding: await juliet.received, as: UTF8.self)
            #expect(!sofar.contains("<status>14<"), "others are served meanwhile")
            let isOver = Mutex(false)
            async let end = Self.pass(clock, server) { isOver.withLock { $0 } }
            defer { isOver.withLock { $0 = true } }
            var last = 0
            while last < 14 {
                let told = try await juliet.expect("presence/status")
                let index = try #require(Int(told.child("status")?.text ?? ""))
                // The answer to her own probe may be among them.
                #expect(index == last || index == last + 1, "none is lost")
                last = index
            }
            isOver.withLock { $0 = true }
            #expect(start.duration(to: await end) > .milliseconds(1_700))
        }
    }

    /// Lets a minute go by at most, in small steps, until it is over; gives the moment.
    private static func pass(
        _ clock: ManualClock,
        _ server: TestServer,
        until isOver: @Sendable () -> Bool
    ) async -> ShardInstant {
        for _ in 0..<600 where !isOver() {
            clock.advance(by: .milliseconds(100))
            await server.server.settle()
        }
        return clock.now
    }

    /// Gives him twenty contacts who see his presence, as if they had agreed long ago.
    private func befriend(_ server: TestServer, _ romeo: JID) async throws {
        let names = (1..<20).map { "friend\($0)@capulet.example" } + ["juliet@capulet.example"]
        for name in names {
            let contact = try JID(name)
            try await server.store.setRosterItem(
                RosterItem(contact, subscription: .both),
                of: romeo
            )
            try await server.store.setRosterItem(
                RosterItem(romeo, subscription: .both),
                of: contact
            )
        }
    }

    @Test
    func `presence directed at very many is bounded`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            await romeo.send(
                (0..<10_001).map { "<presence id='d' to='u\($0)@capulet.example'/>" }.joined()
            )
            try await romeo.expectError("wait", "resource-constraint", id: "d")
            try await romeo.expectNothing()
        }
    }

    @Test(arguments: ["-128", "127", " 5 "])
    func `every priority that the schema allows is taken`(priority: String) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            await romeo.send("<presence><priority>\(priority)</priority></presence>")
            try await romeo.expect("presence/priority")
        }
    }

    @Test
    func `a delay that the server never stamped is taken out`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let delay = { (from: String) in
                "<delay xmlns='urn:xmpp:delay' from='\(from)' stamp='2002-09-10T23:08:25Z'/>"
            }
            await romeo.send(
                "<message to='juliet@capulet.example/balcony'><body/>"
                    + delay("montague.example") + delay("elsewhere.example") + "</message>"
            )
            let message = try await juliet.expect("message")
            let stamps = message.children("delay", in: Namespace.delay).map { $0["from"] }
            #expect(stamps == ["elsewhere.example"])
        }
    }
}
