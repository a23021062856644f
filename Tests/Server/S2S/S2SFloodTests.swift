import MartletCore
import MartletNet
import Synchronization
import Testing

@testable import MartletServer

/// Peers that send more than they may, or read less than they should (attacks 34, 37).
@Suite(.timeLimit(.minutes(5)))
struct S2SFloodTests {
    private let peer = "peer.example"

    private func stanzas(_ count: Int) -> String {
        (0..<count).map { Speak.message("n\($0).", from: "x@\(peer)", to: Siege.romeo) }.joined()
    }

    private func numbers(in text: String) -> [Int] {
        text.split(separator: "<body>n").dropFirst().compactMap { part in
            part.firstIndex(of: ".").flatMap { Int(part[..<$0]) }
        }
    }

    @Test func `a flood is read at its rate, and nobody else suffers`() async throws {
        try await Siege.with {
            $0.limits.burstStanzas = 100
            $0.limits.stanzasPerSecond = 100
        } _: { siege in
            let romeo = try #require(siege.romeo)
            let guest = try await siege.guest(as: peer)
            guest.send(stanzas(3_000))
            #expect(await romeo.heard("<body>n99.</body>"))
            for _ in 0..<5 { await siege.seeUnharmed() }
            // One more chunk of the network's may have been read than there was room for.
            let before = numbers(in: romeo.text)
            #expect(before.count < 1_000)
            for _ in 0..<40 {
                await siege.pass(.seconds(1))
                await siege.settle()
            }
            #expect(await romeo.heard("<body>n2999.</body>"))
            #expect(numbers(in: romeo.text) == Array(0..<3_000))
        }
    }

    @Test func `while the store hangs no more is read than homes may have before them`()
        async throws
    {
        let store = HesitantStore()
        try await Siege.with(store: store) {
            $0.limits.burstStanzas = 1_000_000
            $0.limits.burstBytes = 100_000_000
        } _: { siege in
            let accounts = siege.server.clients.accounts
            let nurse = "nurse@montague.example"
            try await accounts.add(JID(nurse), password: "a secret")
            let guest = try await siege.guest(as: peer)
            store.hesitate()
            let flood = (0..<8_000).map { Speak.message("n\($0).", from: "x@\(peer)", to: nurse) }
            guest.send(flood.joined())
            for await _ in store.questions { break }
            // Long enough for all of it to be read, if it were.
            for _ in 0..<500 { _ = await read(by: siege.server) }
            #expect(await read(by: siege.server) < 4_000)
            store.goOn()
            while await read(by: siege.server) < 8_000 { await siege.settle() }
        }
    }

    /// How many stanzas of peers were read so far, of the stream that said most.
    private func read(by server: MartletServer) async -> Int {
        let most = Mutex(0)
        for place in server.federation?.service.streams.places ?? [] {
            await place.visit { stream in
                let count = stream.received
                most.withLock { $0 = max($0, count) }
            }
        }
        return most.withLock { $0 }
    }

    @Test func `strangers have a rate, too`() async throws {
        try await Siege.with {
            $0.limits.burstStanzas = 100
            $0.limits.stanzasPerSecond = 100
        } _: { siege in
            let stranger = try await siege.stranger(as: peer)
            stranger.forget()
            let question = "<db:verify from='\(peer)' to='montague.example' id='1'>0</db:verify>"
            stranger.send(String(repeating: question, count: 5_000))
            #expect(await stranger.heard("type='invalid'"))
            for _ in 0..<5 { await siege.seeUnharmed() }
            #expect(stranger.text.split(separator: "type='invalid'").count < 2_000)
            #expect(!stranger.isOver)
        }
    }

    @Test func `acknowledgements asked for without end are answered at the rate`() async throws {
        try await Siege.with {
            $0.limits.burstStanzas = 100
            $0.limits.stanzasPerSecond = 100
        } _: { siege in
            let guest = try await siege.guest(as: peer)
            guest.send("<enable xmlns='urn:xmpp:sm:3'/>")
            #expect(await guest.heard("<enabled"))
            guest.stop(reading: true)
            guest.send(String(repeating: "<r xmlns='urn:xmpp:sm:3'/>", count: 20_000))
            for _ in 0..<5 { await siege.seeUnharmed() }
            guest.stop(reading: false)
            #expect(await guest.heard("<a "))
            #expect(guest.text.split(separator: "<a ").count < 4_000)
        }
    }

    @Test func `who acknowledges more than was sent is sent away`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            guest.send("<enable xmlns='urn:xmpp:sm:3'/>")
            #expect(await guest.heard("<enabled"))
            siege.romeo?.send("<message to='x@\(peer)' id='m1'><body>hello</body></message>")
            #expect(await guest.heard("<body>hello</body>"))
            guest.send("<a xmlns='urn:xmpp:sm:3' h='2'/>")
            #expect(await guest.heard("<undefined-condition "), "\(guest.text)")
            #expect(guest.text.contains("<handled-count-too-high"))
            await guest.ended()
            // It may have had it: that is what the sender hears.
            #expect(await siege.romeo?.heard("<remote-server-timeout") == true)
        }
    }

    @Test func `for who does not read there is a bounded queue, and then an end`() async throws {
        try await Siege.with {
            $0.limits.queueStanzas = 20
        } _: { siege in
            let romeo = try #require(siege.romeo)
            let guest = try await siege.guest(as: peer, isBidirectional: true)
            guest.stop(reading: true)
            let text = String(repeating: "o", count: 20_000)
            // What is on its way when the queue is full is taken yet: until something is refused.
            for number in 0..<500 where !romeo.text.contains("<resource-constraint") {
                romeo.send(
                    "<message to='x@\(peer)' id='m\(number).'><body>\(text)</body></message>"
                )
                await siege.settle()
            }
            #expect(await romeo.heard("<resource-constraint"), "\(romeo.text.suffix(1_000))")
            #expect(romeo.text.contains("type='wait'"))
            await siege.seeUnharmed()
            #expect(!guest.isOver)
            for _ in 0..<12 {
                await siege.pass(.seconds(10))
                await siege.settle()
            }
            guest.stop(reading: false)
            await guest.ended()
            // What waited behind what was written is not lost, but told or sent anew.
            let again = try await siege.trap.caller(of: peer)
            #expect(await again.heard("<stream:stream"))
        }
    }

    @Test func `a domain has so many streams, and the quietest of them goes`() async throws {
        try await Siege.with {
            $0.limits.streamsPerPeer = 3
        } _: { siege in
            let papers = try await siege.papers(of: peer)
            var guests: [RawPeer] = []
            for number in 0..<3 {
                await siege.pass(.seconds(1))
                await siege.settle()
                guests.append(try await siege.guest(as: peer, papers: papers))
                guests[number].send(
                    Speak.message("from \(number).", from: "x@\(peer)", to: Siege.romeo)
                )
                #expect(await siege.romeo?.heard("from \(number).") == true)
            }
            await siege.pass(.seconds(1))
            guests[0].send(Speak.message("here I am", from: "x@\(peer)", to: Siege.romeo))
            #expect(await siege.romeo?.heard("here I am") == true)
            let last = try await siege.guest(as: peer, papers: papers)
            #expect(await guests[1].heard("<policy-violation "), "\(guests[1].text)")
            await guests[1].ended()
            for (number, guest) in [guests[0], guests[2], last].enumerated() {
                let text = "still \(number)."
                guest.send(Speak.message(text, from: "x@\(peer)", to: Siege.romeo))
                #expect(await siege.romeo?.heard(text) == true)
            }
            let domain = try JID(peer)
            #expect(siege.server.federation?.service.seats.count(of: domain) == 3)
        }
    }

    @Test func `seats are given back`() async throws {
        try await Siege.with { siege in
            let seats = try #require(siege.server.federation?.service.seats)
            let domain = try JID(peer)
            let guest = try await siege.guest(as: peer)
            #expect(seats.count(of: domain) == 1)
            guest.send("</stream:stream>")
            #expect(await guest.heard("</stream:stream>"))
            await guest.ended()
            await siege.settle()
            #expect(seats.count(of: domain) == 0)
        }
    }
}
