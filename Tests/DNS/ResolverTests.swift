import MartletNet
import Testing

@testable import MartletDNS

@Suite(.timeLimit(.minutes(5)))
struct ResolverTests {
    private let zone = NameServer.zone([
        .a("capulet.example", "192.0.2.1", for: 100),
        .a("capulet.example", "192.0.2.2", for: 200),
        .srv("_xmpp-server._tcp.capulet.example", "xmpp.capulet.example", port: 5270, priority: 5),
        .cname("alias.example", "capulet.example"),
        .a("long.example", "192.0.2.3", for: 1_000_000),
    ])

    @Test func `gives the records, how long they last and where they stand`() async throws {
        try await withResolver(zone) { cast in
            let found = await cast.resolver.ask(DNSQuestion("capulet.example", .a))
            #expect(Set(found.records) == [[192, 0, 2, 1], [192, 0, 2, 2]])
            #expect(found.lifetime == .seconds(100))
            #expect(!found.isSecure)
            #expect(found.canonicalName == nil)
            let alias = await cast.resolver.ask(DNSQuestion("alias.example", .a))
            #expect(Set(alias.records) == Set(found.records))
            #expect(alias.canonicalName == "capulet.example")
        }
    }

    @Test func `tells no records from no such name`() async throws {
        try await withResolver(zone) { cast in
            let none = await cast.resolver.ask(DNSQuestion("capulet.example", .aaaa))
            #expect(none.content == .noRecords)
            #expect(none.lifetime == .seconds(60))
            let unknown = await cast.resolver.ask(DNSQuestion("montague.example", .a))
            #expect(unknown.content == .noSuchName)
        }
    }

    @Test func `believes nothing for longer than it was told to`() async throws {
        try await withResolver(zone) { cast in
            let found = await cast.resolver.ask(DNSQuestion("long.example", .a))
            #expect(found.lifetime == .seconds(3600))
        }
        try await withResolver({ _, _ in .noSuchName(1_000_000) }) { cast in
            let unknown = await cast.resolver.ask(DNSQuestion("montague.example", .a))
            #expect(unknown.lifetime == .seconds(300))
        }
    }

    @Test func `asks once for what it knows, and for what it knows not to be`() async throws {
        try await withResolver(zone) { cast in
            for name in ["capulet.example", "montague.example"] {
                let first = await cast.resolver.ask(DNSQuestion(name, .a))
                let again = await cast.resolver.ask(DNSQuestion(name, .a))
                #expect(Set(first.records) == Set(again.records))
            }
            #expect(cast.server.questions == ["capulet.example 1", "montague.example 1"])
        }
    }

    @Test func `gives up a silent server at its time, and forgives an answer after it`()
        async throws
    {
        try await withResolver({ _, _ in .silence }) { cast in
            async let answer = cast.resolver.ask(DNSQuestion("capulet.example", .a))
            await cast.server.asked(1)
            await cast.shard.settle()
            cast.clock.advance(by: .milliseconds(4999))
            await cast.shard.settle()
            #expect(await cast.shard.run { cast.resolver.underWayCount } == 1)
            cast.clock.advance(by: .milliseconds(1))
            #expect(await answer.fault == .timedOut)
            // It counts until libunbound has done with it.
            #expect(await cast.shard.run { cast.resolver.underWayCount } == 1)
            await cast.server.speak(.records([.a("capulet.example", "192.0.2.9")]))
            let late = await cast.resolver.ask(DNSQuestion("capulet.example", .a))
            #expect(late.records == [[192, 0, 2, 9]])
            #expect(await cast.shard.run { cast.resolver.underWayCount } == 0)
        }
    }

    @Test(arguments: [(2, "SERVFAIL"), (5, "SERVFAIL"), (1, "SERVFAIL")] as [(UInt8, String)])
    func `says what the server could not do`(code: UInt8, name: String) async throws {
        try await withResolver({ _, _ in .code(code) }) { cast in
            let answer = await cast.resolver.ask(DNSQuestion("capulet.example", .a))
            #expect(answer.fault == .failed(name))
        }
    }

    @Test func `comes by TCP for what was cut`() async throws {
        let many = (0..<100).map { Message.Record.a("capulet.example", "192.0.2.\($0)") }
        try await withResolver({ _, _ in .truncated(many) }) { cast in
            let answer = await cast.resolver.ask(DNSQuestion("capulet.example", .a))
            #expect(answer.records.count == 100)
        }
    }

    @Test func `takes the answer to its own question alone`() async throws {
        let wrong = [Message.Record.a("capulet.example", "203.0.113.66")]
        let right = [Message.Record.a("capulet.example", "192.0.2.1")]
        try await withResolver({ _, _ in .forged(wrong, then: right) }) { cast in
            let answer = await cast.resolver.ask(DNSQuestion("capulet.example", .a))
            #expect(answer.records == [[192, 0, 2, 1]])
        }
    }

    @Test func `ends a ring of aliases`() async throws {
        let ring = NameServer.zone([
            .cname("a.example", "b.example"), .cname("b.example", "a.example"),
        ])
        try await withResolver(ring) { cast in
            let answer = await cast.resolver.ask(DNSQuestion("a.example", .a))
            #expect(answer.records.isEmpty)
        }
    }

    @Test func `reads as many records as it may`() async throws {
        // What 64 KiB hold: ten thousand do not fit a message.
        let name = "_xmpp-server._tcp.capulet.example"
        let many = (0..<2600).map { Message.Record.srv(name, "t", port: UInt16($0 + 1)) }
        try await withResolver({ _, _ in .truncated(many) }) { cast in
            let answer = await cast.resolver.ask(DNSQuestion(name, .srv))
            #expect(answer.records.count == 512)
        }
    }
}
