import MartletClient
import MartletCore
import MartletNet
import MartletStorage
import MartletTesting
import MartletXML
import TestSupport
import Testing

@testable import MartletServer

/// A service that a plugin keeps, within the server and in a process of its own: nobody sees which.
@Suite(.timeLimit(.minutes(5)))
struct RoleTests {
    private let info = "http://jabber.org/protocol/disco#info"
    private let items = "http://jabber.org/protocol/disco#items"

    /// What is said, and by whom each is answered: one stanza comes of each.
    private var lines: [String] {
        let echo = "echo.montague.example"
        return [
            "<iq type='get' id='1' to='montague.example'><query xmlns='\(items)'/></iq>",
            "<iq type='get' id='2' to='montague.example'><query xmlns='\(info)'/></iq>",
            "<iq type='get' id='3' to='\(echo)'><query xmlns='\(info)'/></iq>",
            "<message type='chat' id='4' to='narcissus@\(echo)/pool'><body>Is any here? &lt;</body></message>",
            "<message id='5' to='\(echo)' xml:lang='la'><subject>ecquis adest</subject></message>",
            "<presence id='6' to='narcissus@\(echo)'><show>away</show></presence>",
            "<iq type='get' id='7' to='narcissus@\(echo)'><song xmlns='urn:fault'/></iq>",
            "<iq type='get' id='8' to='\(echo)'><nothing xmlns='urn:fault'/></iq>",
            "<iq type='set' id='9' to='\(echo)'><song xmlns='urn:fault'/></iq>",
            // Nobody may say that the server delayed it.
            """
            <message id='10' to='\(echo)'><body>then</body>\
            <delay xmlns='urn:xmpp:delay' from='montague.example' stamp='2002-09-10T23:08:25Z'/></message>
            """,
            "<message id='11' to='nobody@x.\(echo)'><body>Is any here?</body></message>",
        ]
    }

    /// The conversation of a client, of one at another server, and of one who is told of both.
    private func converse(_ scene: Scene) async throws -> [String] {
        let romeo = try await scene.enter(EchoScene.romeo)
        let juliet = try await scene.enter(EchoScene.juliet)
        await juliet.sendPresence()
        var heard = [await next(of: juliet.stanzas)]
        for line in lines {
            await romeo.send(raw: Array(line.utf8))
            heard.append(await next(of: romeo.stanzas))
        }
        // Named in no roster of the server's: what it is sent goes out, and its own comes in.
        let globe = scene.peer(JID(prepared: nil, "globe.example"))
        let falstaff = JID(prepared: "falstaff", "globe.example", "inn")
        for (id, stamper) in [("12", "globe.example"), ("13", "montague.example")] {
            let message = Stanza(
                .message,
                type: .headline,
                to: EchoScene.narcissus,
                from: falstaff,
                id: id
            ) {
                $0.element("body") { $0.text("Reason and love") }
                $0.element(
                    "delay",
                    in: "urn:xmpp:delay",
                    ["from": stamper, "stamp": "2002-09-10T23:08:25Z"]
                )
            }
            globe.send(message)
            heard.append(await next(of: globe.stanzas))
            heard.append(await next(of: juliet.stanzas))
        }
        return heard
    }

    private func next(of stanzas: AsyncStream<Stanza>) async -> String {
        for await stanza in stanzas { return String(decoding: stanza.bytes, as: UTF8.self) }
        return "gone"
    }

    @Test func `has the same conversation in one process and in two`() async throws {
        let one = try await EchoScene(.whole)
        let alone = try await converse(one.scene)
        await one.end()
        let two = try await EchoScene(.main)
        let services = try await two.startServices()
        await two.log.wait(for: "uplink stands")
        let parted = try await converse(two.scene)
        await two.end(services)
        #expect(alone == parted)
        #expect(alone.count == lines.count + 5)
        #expect(alone[1].contains("<item jid='echo.montague.example' name='Echo'/>"))
        #expect(alone[4].contains("<body>Is any here? &lt;</body>") && alone[4].contains("id='4'"))
        #expect(alone[6].contains("<status>welcome</status>"))
        #expect(alone[7].contains("<not-acceptable ") && alone[7].contains(">not that song<"))
        #expect(
            alone[8].contains("<service-unavailable ") && alone[9].contains("<service-unavailable ")
        )
        #expect(!alone[10].contains("<delay"))
        #expect(alone[11].contains("<remote-server-not-found "))
        #expect(alone[12].contains("<delay") && !alone[14].contains("<delay"))
        #expect(alone[13].contains("a headline was heard"))
    }

    @Test func `goes on when the process of the services comes back`() async throws {
        let test = try await EchoScene(.main)
        let first = try await test.startServices()
        await test.log.wait(for: "uplink stands")
        let romeo = try await test.scene.enter(EchoScene.romeo)
        await romeo.send("one", to: EchoScene.narcissus)
        #expect(await next(of: romeo.stanzas).contains(">one<"))
        await first.shutDown()
        await test.parted()
        await romeo.send("two", to: EchoScene.narcissus)
        #expect(await next(of: romeo.stanzas).contains("<service-unavailable "))
        let later = LogBook()
        let second = try await test.startServices(log: later)
        await later.wait(for: "uplink stands")
        await romeo.send("three", to: EchoScene.narcissus)
        #expect(await next(of: romeo.stanzas).contains(">three<"))
        await test.end(second)
    }

    @Test func `what is for a service that is away waits, where it may`() async throws {
        let test = try await EchoScene(.main) { $0.whileAway = .queue }
        let romeo = try await test.scene.enter(EchoScene.romeo)
        for text in ["one", "two"] { await romeo.send(text, to: EchoScene.narcissus) }
        let services = try await test.startServices()
        #expect(await next(of: romeo.stanzas).contains(">one<"))
        #expect(await next(of: romeo.stanzas).contains(">two<"))
        await test.end(services)
    }

    @Test func `joins again by itself when the uplink breaks`() async throws {
        let clock = ManualClock()
        let test = try await EchoScene(.main) { $0.whileAway = .queue }
        let services = try await test.startServices(clock: clock)
        await test.log.wait(for: "uplink stands")
        test.dialler.cutAll()
        await test.log.wait(for: "the uplink is away")
        let romeo = try await test.scene.enter(EchoScene.romeo)
        await romeo.send("still there?", to: EchoScene.narcissus)
        clock.advance(by: .seconds(2))
        #expect(await next(of: romeo.stanzas).contains(">still there?<"))
        await test.end(services)
    }

    @Test func `waits for a main process that is not there yet, and what it sends waits, too`()
        async throws
    {
        let clock = ManualClock()
        let test = try await EchoScene(.main)
        test.dialler.breakDown(true)
        let services = try await test.startServices(clock: clock)
        await test.log.wait(for: "the uplink is away")
        let romeo = try await test.scene.enter(EchoScene.romeo)
        services.router.submit(message("early", to: EchoScene.romeo))
        await services.settle()
        test.dialler.breakDown(false)
        clock.advance(by: .seconds(2))
        #expect(await next(of: romeo.stanzas).contains(">early<"))
        await test.end(services)
    }

    @Test func `what its plugin sends comes back when there is no way for too long`() async throws {
        let clock = ManualClock()
        let test = try await EchoScene(.main) { $0.queueStanzas = 2 }
        test.dialler.breakDown(true)
        let services = try await test.startServices(clock: clock)
        await test.log.wait(for: "the uplink is away")
        for text in ["one", "two", "three"] {
            services.router.submit(message(text, to: EchoScene.romeo))
        }
        await test.log.wait(for: "one came back")
        await services.settle()
        #expect(test.log.lines.count { $0.hasPrefix("one came back") } == 1)
        clock.advance(by: .seconds(61))
        await test.log.wait(for: "one came back", count: 3)
        await services.settle()
        #expect(test.log.lines.count { $0.hasPrefix("one came back") } == 3)
        await test.end(services)
    }

    @Test func `is told once that it does not know the secret, and tries slowly`() async throws {
        let clock = ManualClock()
        let test = try await EchoScene(.main)
        let services = try await test.startServices(clock: clock, secret: "thyme")
        await test.log.wait(for: "the main process refuses the uplink")
        let line = try #require(test.log.lines.first { $0.hasPrefix("the main process refuses") })
        #expect(line.contains("component=echo.montague.example"))
        #expect(line.contains("reason=the server closed the stream: not-authorized"))
        clock.advance(by: .seconds(40))
        for _ in 0..<2 { await services.settle() }
        #expect(test.dialler.dialledCount == 1)
        clock.advance(by: .seconds(40))
        for _ in 0..<2 { await services.settle() }
        #expect(test.dialler.dialledCount == 2)
        await test.log.wait(for: "the uplink is still away")
        #expect(test.log.lines.count { $0.hasPrefix("the main process refuses") } == 1)
        await test.end(services)
    }

    @Test func `sends nothing in the name of a domain that is not its own`() async throws {
        let test = try await EchoScene(.main)
        let services = try await test.startServices()
        await test.log.wait(for: "uplink stands")
        let romeo = try await test.scene.enter(EchoScene.romeo)
        let song = Element("overreach", in: "urn:fault")
        let answer = try await romeo.request(.get, to: EchoScene.service, song)
        #expect(answer.type == .result)
        await test.log.wait(for: "a plugin sent a stanza from a domain that is not served in this")
        await test.end(services)
    }

    @Test func `does not start where no plugin keeps what it is to serve`() async throws {
        var settings = ServerSettings()
        settings.domains = [DomainSettings("montague.example")]
        settings.role = .services
        var component = ComponentSettings(secret: Secret([7]))
        component.isKeptByPlugin = true
        settings.components["irc.montague.example"] = component
        let log = LogBook()
        await #expect(throws: AdminFault.self) {
            _ = try await MartletServer(
                settings,
                store: MemoryStore(),
                log: log.logger,
                clock: MonotonicClock(),
                reread: nil,
                dialler: nil,
                uplinkDialler: UplinkPipes()
            )
        }
        await log.wait(for: "no plugin keeps the domain of a component")
    }

    private func message(_ text: String, to: JID) -> Stanza {
        Stanza(.message, type: .chat, to: to, from: EchoScene.narcissus, id: text) {
            $0.element("body") { $0.text(text) }
        }
    }
}
