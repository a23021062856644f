import MartletClient
import MartletCore
import MartletNet
import MartletStreams
import MartletTesting
import MartletXML
import Testing

@testable import MartletServer

/// Components (XEP-0114) beside clients, over pipes.
@Suite(.timeLimit(.minutes(5)))
struct ComponentTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    private let juliet = JID(prepared: "juliet", "capulet.example", "balcony")
    private let plays = ComponentStage.plays
    private let hamlet = JID(prepared: "hamlet", ComponentStage.plays.domainpart)

    private func say(_ text: String, from: JID, to: JID) -> String {
        "<message type='chat' from='\(from)' to='\(to)'><body>\(text)</body></message>"
    }

    // MARK: Both ways

    @Test(arguments: [0, 1])
    func `gets what is for anybody in its domain, and answers as anybody`(shard: Int) async throws {
        let stage = try await ComponentStage()
        let component = try await stage.component(shard: shard)
        let client = try await stage.scene.enter(romeo)
        for to in [plays, hamlet, hamlet.with(preparedResource: "act1")] {
            await client.send("to \(to)", to: to)
            #expect(await component.heard(">to \(to)<"))
            component.send(say("from \(to)", from: to, to: romeo))
            #expect(await client.nextMessage() == "\(to): from \(to)")
        }
        #expect(component.text.contains("from='\(romeo)'"))
        await stage.end()
    }

    @Test func `is asked, and asks, as any entity`() async throws {
        let stage = try await ComponentStage()
        let component = try await stage.component()
        let client = try await stage.scene.enter(romeo)
        let ping = Element("ping", in: Namespace.ping)
        async let answer = client.request(.get, to: plays, ping)
        #expect(await component.heard("<ping "))
        let id = try #require(
            component.text.split(separator: " id='").last?.split(separator: "'").first
        )
        component.send("<iq type='result' id='\(id)' from='\(plays)' to='\(romeo)'/>")
        let answered = try await answer
        #expect(answered.type == .result)
        component.send(
            "<iq type='get' id='c1' from='\(plays)' to='montague.example'>"
                + "<query xmlns='\(Namespace.discoInfo)'/></iq>"
        )
        #expect(await component.heard("id='c1'"))
        #expect(await component.heard("</query></iq>") && component.text.contains("type='result'"))
        await stage.end()
    }

    @Test func `a thousand messages of one sender stay in order, over several connections`()
        async throws
    {
        let stage = try await ComponentStage { $0.connections = 3 }
        var components: [Visitor] = []
        for index in 0..<3 { components.append(try await stage.component(shard: index % 2)) }
        let client = try await stage.scene.enter(romeo)
        for index in 0..<1_000 { await client.send("line \(index).", to: hamlet) }
        await client.send("the rest is silence", to: hamlet)
        await withTaskGroup(of: Bool.self) { group in
            for component in components {
                group.addTask { await component.heard("the rest is silence") }
            }
            let isHeard = await group.next()
            #expect(isHeard == true)
            // The others hear nothing until they are sent away.
            await stage.service.closeAll(StreamError(.systemShutdown))
        }
        let busy = components.map(\.text).filter { $0.contains("<message") }
        let lines = busy.joined().split(separator: "<body>line ").dropFirst().compactMap {
            $0.split(separator: ".").first.flatMap { Int($0) }
        }
        #expect(lines == Array(0..<1_000))
        #expect(busy.count == 1)
        await stage.end()
    }

    // MARK: Who it is

    @Test(arguments: [
        ("montague.example", "host-unknown"), ("sonnets.montague.example", "host-unknown"),
        ("romeo@plays.montague.example", "host-unknown"),
    ])
    func `cannot come for another domain`(domain: String, condition: String) async throws {
        let stage = try await ComponentStage()
        let stranger = stage.stranger()
        stranger.send(ComponentStage.opening(to: domain))
        #expect(await stranger.heard("<\(condition) "))
        #expect(await stranger.heard("</stream:stream>"))
        await stranger.ended()
        await stage.end()
    }

    @Test func `is sent away without the secret`() async throws {
        let stage = try await ComponentStage()
        let (caller, id) = try await stage.caller()
        caller.send(ComponentStage.handshake(id, secret: Array("thyme".utf8)))
        #expect(await caller.heard("<not-authorized "))
        await caller.ended()
        // The digest of one stream opens no other.
        let (other, _) = try await stage.caller()
        other.send(ComponentStage.handshake(id))
        #expect(await other.heard("<not-authorized "))
        #expect(!(caller.text + other.text).contains("<handshake"))
        await stage.end()
    }

    @Test func `is sent away when it does not come forward in time`() async throws {
        let clock = ManualClock()
        let stage = try await ComponentStage(clock: clock)
        let (caller, _) = try await stage.caller()
        clock.advance(by: .seconds(31))
        #expect(await caller.heard("<connection-timeout "))
        await stage.end()
    }

    @Test(arguments: [
        ("from='romeo@montague.example' to='juliet@capulet.example'", "invalid-from"),
        ("from='capulet.example' to='juliet@capulet.example'", "invalid-from"),
        ("from='plays.montague.example'", "improper-addressing"),
        ("to='juliet@capulet.example'", "improper-addressing"),
    ])
    func `says nothing in another's name`(addresses: String, condition: String) async throws {
        let stage = try await ComponentStage()
        let client = try await stage.scene.enter(juliet)
        let component = try await stage.component()
        component.send("<message \(addresses)><body>poison</body></message>")
        component.send(say("too late", from: plays, to: juliet))
        #expect(await component.heard("<\(condition) "))
        await component.ended()
        let next = try await stage.component()
        next.send(say("good night", from: plays, to: juliet))
        #expect(await client.nextMessage() == "\(plays): good night")
        await stage.end()
    }

    @Test func `may send no more than it may`() async throws {
        let stage = try await ComponentStage { $0.stanzaBytes = 20_000 }
        let component = try await stage.component()
        let client = try await stage.scene.enter(romeo)
        for (id, count) in [("first", 15_000), ("second", 25_000), ("third", 1)] {
            component.send(say(id + String(repeating: "o", count: count), from: plays, to: romeo))
        }
        await component.ended()
        let namespace = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"
        #expect(
            component.text.hasSuffix(
                "<handshake/><stream:error><policy-violation \(namespace)/>"
                    + "<text \(namespace)>over the limit: stanzaBytes</text></stream:error>"
                    + "</stream:stream>"
            ),
            "\(component.text)"
        )
        #expect(await client.nextMessage().hasPrefix("\(plays): firstoo"))
        let next = try await stage.component()
        next.send(say("fourth", from: plays, to: romeo))
        #expect(await client.nextMessage() == "\(plays): fourth")
        await stage.end()
    }

    // MARK: Two of them

    @Test func `a second one is refused, and the first not disturbed`() async throws {
        let stage = try await ComponentStage()
        // Both are there before one of them shows the secret: who does it first serves.
        let (late, id) = try await stage.caller()
        let first = try await stage.component(shard: 0)
        late.send(ComponentStage.handshake(id))
        #expect(await late.heard("<conflict "))
        let stranger = stage.stranger()
        stranger.send(ComponentStage.opening(to: plays.description))
        #expect(await stranger.heard("<conflict "))
        let client = try await stage.scene.enter(romeo)
        await client.send("still there?", to: plays)
        #expect(await first.heard(">still there?<"))
        await stage.end()
    }

    @Test func `a second one takes the first one's place where it may`() async throws {
        let stage = try await ComponentStage { $0.whenTaken = .replace }
        let first = try await stage.component(shard: 0)
        let second = try await stage.component(shard: 1)
        #expect(await first.heard("<conflict "))
        await first.ended()
        let client = try await stage.scene.enter(romeo)
        await client.send("who goes there", to: plays)
        #expect(await second.heard(">who goes there<"))
        await stage.end()
    }

    // MARK: Nobody there

    @Test func `what is for one who is away returns`() async throws {
        let stage = try await ComponentStage()
        let client = try await stage.scene.enter(romeo)
        await client.send("who is there", to: hamlet)
        #expect(await client.nextMessage() == "\(hamlet): service-unavailable")
        let component = try await stage.component()
        component.leave()
        await component.ended()
        await stage.emptied()
        await client.send("who is there", to: hamlet)
        #expect(await client.nextMessage() == "\(hamlet): service-unavailable")
        await stage.end()
    }

    @Test func `what is for one who is away waits, where it may`() async throws {
        let clock = ManualClock()
        let stage = try await ComponentStage(clock: clock) {
            $0.whileAway = .queue
            $0.queueStanzas = 2
        }
        let client = try await stage.scene.enter(romeo)
        for text in ["one", "two", "three"] { await client.send(text, to: hamlet) }
        #expect(await client.nextMessage() == "\(hamlet): resource-constraint")
        clock.advance(by: .seconds(30))
        let component = try await stage.component()
        #expect(await component.heard(">two<") && component.text.contains(">one<"))
        component.drop()
        await component.ended()
        await stage.emptied()
        await client.send("four", to: hamlet)
        #expect(await client.bouncesUntilNow().isEmpty)
        try await stage.scene.pass(.seconds(61))
        #expect(await client.nextMessage() == "\(hamlet): service-unavailable")
        await stage.end()
    }

    @Test func `what a deaf one leaves returns, and nobody else suffers`() async throws {
        let stage = try await ComponentStage { $0.queueStanzas = 10 }
        let component = try await stage.component()
        await stage.stop(component, reading: true)
        let client = try await stage.scene.enter(romeo)
        // More than the pipe and the buffer hold: the rest is in the queue, or comes back.
        var bounces = await client.send(lines: 0..<60, to: hamlet)
        for shard in stage.scene.server.shards { await shard.settle() }
        let late = await client.send(lines: 60..<100, to: hamlet)
        #expect(late.count == 40)
        bounces += late
        #expect(Set(bounces.map { $0.error?.condition }) == [.resourceConstraint])
        let other = try await stage.scene.enter(juliet)
        await client.send("but soft", to: juliet)
        #expect(await other.nextMessage() == "\(romeo): but soft")
        await stage.stop(component, reading: false)
        let lost = Set(bounces.compactMap(\.id))
        for id in (0..<100).map({ "line\($0)" }) where !lost.contains(id) {
            #expect(await component.heard("id='\(id)'"))
        }
        await client.send("the end", to: hamlet)
        #expect(await component.heard(">the end<"))
        await stage.end()
    }

    @Test func `what a deaf one did not take returns when another comes in its place`() async throws
    {
        let clock = ManualClock()
        let stage = try await ComponentStage(clock: clock) { $0.whenTaken = .replace }
        let first = try await stage.component()
        await stage.stop(first, reading: true)
        let client = try await stage.scene.enter(romeo)
        #expect(await client.send(lines: 0..<60, to: hamlet).isEmpty)
        for shard in stage.scene.server.shards { await shard.settle() }
        let second = try await stage.component(shard: 0)
        #expect(await second.heard("id='line59'"), "\(second.text.count)")
        // The first one does not even hear that it has to go.
        clock.advance(by: .seconds(601))
        for shard in stage.scene.server.shards { await shard.settle() }
        let returned = await client.bouncesUntilNow()
        #expect(returned.allSatisfy { $0.error?.condition == .serviceUnavailable })
        let numbers = returned.compactMap { $0.id.flatMap { Int($0.dropFirst(4)) } }
        let taken = (0..<60).filter { second.text.contains("id='line\($0)'") }
        // Those before are in the pipe, as they might be in a kernel.
        let rest = numbers + taken
        #expect(!numbers.isEmpty && rest == Array((rest.first ?? 0)..<60), "\(numbers) \(taken)")
        await stage.end()
    }

    // MARK: The server

    @Test func `is sent away when its domain goes with a reload`() async throws {
        let stage = try await ComponentStage()
        let component = try await stage.component()
        stage.service.adopt(ComponentStage.settings([:]))
        #expect(await component.heard("<host-gone "))
        await component.ended()
        let client = try await stage.scene.enter(romeo)
        await client.send("anybody?", to: plays)
        #expect(await client.nextMessage() == "\(plays): remote-server-not-found")
        await stage.end()
    }

    @Test func `stays when other settings change`() async throws {
        let stage = try await ComponentStage()
        let component = try await stage.component()
        var settings = ComponentSettings(secret: Secret(Array("thyme".utf8)))
        settings.connections = 2
        stage.service.adopt(ComponentStage.settings([plays.domainpart: settings]))
        let (other, id) = try await stage.caller(shard: 0)
        other.send(ComponentStage.handshake(id, secret: Array("thyme".utf8)))
        #expect(await other.heard("<handshake/>"))
        #expect(!component.text.contains("error"))
        await stage.end()
    }

    @Test func `hears that the server stops`() async throws {
        let stage = try await ComponentStage()
        let (caller, _) = try await stage.caller(shard: 0)
        let component = try await stage.component()
        await stage.service.closeAll(StreamError(.systemShutdown))
        for visitor in [component, caller] {
            #expect(await visitor.heard("<system-shutdown "))
            #expect(await visitor.heard("</stream:stream>"))
        }
        #expect(stage.service.streams.count == 0)
        await stage.end()
    }
}
