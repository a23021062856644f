import MartletClient
import MartletCore
import MartletNet
import MartletStreams
import MartletTesting
import MartletXML
import Synchronization
import Testing

@testable import MartletServer

/// Components that send more than they may (attack 34), and who may come at all.
@Suite(.timeLimit(.minutes(5)))
struct ComponentFloodTests {
    private let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    private let juliet = JID(prepared: "juliet", "capulet.example", "balcony")
    private let plays = ComponentStage.plays

    private func flood(_ count: Int, to: JID) -> String {
        (0..<count).map {
            "<message from='\(plays)' to='\(to)'><body>\($0)</body></message>"
        }.joined()
    }

    /// The numbers that a client is sent, up to the one that is waited for or to its own words.
    private func numbers(to client: Client, until end: String) async -> [Int] {
        var numbers: [Int] = []
        for await stanza in client.stanzas where stanza.kind == .message {
            let text = stanza.child("body", in: Namespace.client)?.text ?? ""
            if let number = Int(text) { numbers.append(number) }
            if text == end { break }
        }
        return numbers
    }

    @Test(arguments: [true, false])
    func `a flood is read at its rate, and nobody else suffers`(
        areStanzasCounted: Bool
    ) async throws {
        let stage = try await ComponentStage(clock: ManualClock()) {
            if areStanzasCounted {
                ($0.stanzasPerSecond, $0.burstStanzas) = (100, 100)
            } else {
                ($0.bytesPerSecond, $0.burstBytes) = (10_000, 10_000)
            }
        }
        let component = try await stage.component()
        let client = try await stage.scene.enter(romeo)
        let other = try await stage.scene.enter(juliet)
        component.send(flood(3_000, to: romeo))
        var heard = await numbers(to: client, until: "50")
        for text in ["one", "two", "three", "four", "five"] {
            await other.send(text, to: romeo)
            heard += await numbers(to: client, until: text)
            await client.send(text, to: juliet)
            #expect(await other.nextMessage() == "\(romeo): \(text)")
        }
        // One more chunk of the network's may have been read than there was room for.
        #expect(heard.count < 1_500)
        let isOver = Mutex(false)
        let listen: @Sendable () async -> [Int] = {
            defer { isOver.withLock { $0 = true } }
            return await numbers(to: client, until: "2999")
        }
        async let rest = listen()
        while !isOver.withLock({ $0 }) { try await stage.scene.pass(.milliseconds(100)) }
        #expect(heard + (await rest) == Array(0..<3_000))
        await stage.end()
    }

    @Test func `has a rate of its own, which is not a client's`() async throws {
        let clock = ManualClock()
        let stage = try await ComponentStage(clock: clock)
        let component = try await stage.component()
        let client = try await stage.scene.enter(romeo)
        // Far more than the 200 stanzas and 64 KiB of a client; no time goes by.
        component.send(flood(5_000, to: romeo))
        #expect(await numbers(to: client, until: "4999") == Array(0..<5_000))
        await stage.end()
    }

    @Test func `while the store hangs no more is read than homes may have before them`()
        async throws
    {
        let store = HesitantStore()
        let stage = try await ComponentStage(store: store)
        let nurse = JID(prepared: "nurse", "montague.example")
        try await stage.scene.enroll(nurse)
        let component = try await stage.component()
        let client = try await stage.scene.enter(romeo)
        store.hesitate()
        component.send(flood(8_000, to: nurse))
        component.send(
            "<iq type='get' id='last' from='\(plays)' to='montague.example'>"
                + "<query xmlns='\(Namespace.discoInfo)'/></iq>"
        )
        while await !isHeldBack(stage) { await Task.yield() }
        await client.send("but soft", to: romeo)
        #expect(await client.nextMessage() == "\(romeo): but soft")
        #expect(!component.text.contains("id='last'"))
        store.goOn()
        #expect(await component.heard("id='last'"))
        #expect(await !isHeldBack(stage))
        await stage.end()
    }

    /// Whether a component's stream is not read since homes have enough before them.
    private func isHeldBack(_ stage: ComponentStage) async -> Bool {
        let found = Mutex(false)
        for place in stage.service.streams.places {
            await place.visit { stream in
                let isHeldBack = stream.edge.pauses.contains(.home)
                found.withLock { $0 = $0 || isHeldBack }
            }
        }
        return found.withLock { $0 }
    }

    // MARK: Who may come

    @Test(arguments: [
        ("127.0.0.1", ComponentListenerTerms(), true),
        ("::1", ComponentListenerTerms(), true),
        ("172.18.0.3", ComponentListenerTerms(), false),
        ("172.18.0.3", ComponentListenerTerms(isInsecure: true), true),
        ("10.89.0.4", ComponentListenerTerms(isInsecure: true), true),
        ("fd00::7", ComponentListenerTerms(isInsecure: true), true),
        ("::ffff:192.168.1.9", ComponentListenerTerms(isInsecure: true), true),
        ("192.0.32.7", ComponentListenerTerms(isInsecure: true), false),
        ("2606:4700::1", ComponentListenerTerms(isInsecure: true), false),
        ("::ffff:192.0.32.7", ComponentListenerTerms(isInsecure: true), false),
    ])
    func `without TLS nobody comes from the open network`(
        address: String,
        terms: ComponentListenerTerms,
        mayCome: Bool
    ) async throws {
        let stage = try await ComponentStage()
        let place = try #require(SocketAddress(address, port: 40_000))
        let visitor = stage.stranger(at: place, terms: terms)
        visitor.send(ComponentStage.opening(to: plays.description))
        #expect(await visitor.heard(" id='") == mayCome)
        #expect(mayCome || visitor.text.isEmpty)
        #expect(ComponentListenerTerms(isDirect: true).admits(place))
        await stage.end()
    }

    @Test func `without a certificate nobody comes over TLS, or without`() async throws {
        let stage = try await ComponentStage()
        let visitor = stage.stranger(terms: ComponentListenerTerms(isDirect: true))
        visitor.send(ComponentStage.opening(to: plays.description))
        await visitor.ended()
        #expect(visitor.text.isEmpty)
        await stage.end()
        #expect(stage.service.streams.count == 0)
    }
}
