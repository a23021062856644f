import MartletNet
import Synchronization
import Testing

@testable import MartletDNS

@Suite(.timeLimit(.minutes(5)))
struct FinderTests {
    private let zone = NameServer.zone([
        .srv("_xmpp-server._tcp.capulet.example", "xmpp.capulet.example", priority: 1),
        .srv("_xmpps-server._tcp.capulet.example", "xmpp.capulet.example", port: 443, priority: 2),
        .a("xmpp.capulet.example", "192.0.2.1"),
        .aaaa("xmpp.capulet.example", 1),
        .a("xn--kpulet-pta.example", "192.0.2.5"),
        .srv("_xmpp-server._tcp.none.example", ""),
    ])

    @Test func `finds a server, and tells how`() async throws {
        try await withResolver(zone) { cast in
            let plan = await cast.finder().find("Capulet.example")
            #expect(plan.domain == "capulet.example")
            #expect(plan.fault == nil)
            #expect(
                plan.candidates.map(\.brief) == [
                    "[2a00::1]:5269 startTLS", "192.0.2.1:5269 startTLS",
                    "[2a00::1]:443 directTLS", "192.0.2.1:443 directTLS",
                ]
            )
            let asked = plan.steps.compactMap { step -> String? in
                guard case .asked(let question, _, let answer, _) = step else { return nil }
                return "\(question): \(answer)"
            }
            #expect(
                Set(asked) == [
                    "_xmpp-server._tcp.capulet.example SRV: 1 record (not signed, for 300 s)",
                    "_xmpps-server._tcp.capulet.example SRV: 1 record (not signed, for 300 s)",
                    "xmpp.capulet.example AAAA: 1 record (not signed, for 300 s)",
                    "xmpp.capulet.example A: 1 record (not signed, for 300 s)",
                ]
            )
        }
    }

    @Test func `writes its steps as they can be read`() async throws {
        try await withResolver(zone) { cast in
            let none = await cast.finder().find("none.example")
            #expect(
                Set(none.steps.map(\.description)) == [
                    "_xmpp-server._tcp.none.example SRV: 1 record (not signed, for 300 s), "
                        + "after 0 ms, asked at 0 ms",
                    "_xmpps-server._tcp.none.example SRV: no such name (not signed), "
                        + "after 0 ms, asked at 0 ms",
                ]
            )
            let capulet = await cast.finder().find("capulet.example")
            #expect(
                capulet.candidates.last?.description
                    == "192.0.2.1:443 (xmpp.capulet.example), direct TLS, "
                    + "by SRV 2 0 443 xmpp.capulet.example."
            )
        }
    }

    @Test func `asks for a domain in another script by its A-labels`() async throws {
        try await withResolver(zone) { cast in
            let plan = await cast.finder().find("KÁpulet.example")
            #expect(plan.domain == "xn--kpulet-pta.example")
            #expect(plan.candidates.map(\.brief) == ["192.0.2.5:5269 startTLS"])
        }
    }

    @Test(arguments: ["127.0.0.1", "[::1]"])
    func `asks nothing about an address`(domain: String) async throws {
        try await withResolver(zone) { cast in
            let plan = await cast.finder().find(domain)
            #expect(plan.candidates.map(\.address.port) == [5269])
            #expect(plan.candidates.map(\.origin) == [.literal])
            var policy = PeerPolicy()
            policy.refusesLocalAddresses = true
            #expect(await cast.finder(policy).find(domain).fault == .refused)
            #expect(cast.server.questions.isEmpty)
        }
    }

    @Test(arguments: [
        "", "a..b", "juliet@capulet.example", "capulet.example/orchard", "127.1", "a b",
    ])
    func `asks nothing about what is no domain`(domain: String) async throws {
        try await withResolver(zone) { cast in
            #expect(await cast.finder().find(domain).fault == .malformedDomain)
            #expect(cast.server.questions.isEmpty)
        }
    }

    @Test func `goes where the operator says`() async throws {
        try await withResolver(zone) { cast in
            let override = PeerOverride(host: "xmpp.capulet.example", port: 5299)
            let plan = await cast.finder().find("verona.example", override: override)
            #expect(
                plan.candidates.map(\.brief) == [
                    "[2a00::1]:5299 startTLS", "192.0.2.1:5299 startTLS",
                ]
            )
            let address = PeerOverride(host: "127.0.0.1", port: 1, security: .directTLS)
            let other = await cast.finder().find("127.0.0.9", override: address)
            #expect(other.candidates.map(\.brief) == ["127.0.0.1:1 directTLS"])
            let wrong = await cast.finder().find("a.example", override: PeerOverride(host: "a..b"))
            #expect(wrong.fault == .malformedDomain)
            #expect(Set(cast.server.questions).count == 2)
        }
    }

    @Test func `does not ask again soon for what is not there`() async throws {
        try await withResolver({ _, _ in .code(2) }) { cast in
            let finder = cast.finder()
            let first = await finder.find("capulet.example")
            #expect(first.fault == .failed("SERVFAIL"))
            #expect(first.fault?.condition == .remoteServerTimeout)
            let count = cast.server.questions.count
            let again = await finder.find("capulet.example")
            #expect(again.fault == first.fault)
            #expect(again.steps == [.remark("a look-up failed lately")])
            #expect(cast.server.questions.count == count)
            #expect(await finder.find("capulet.example", isFresh: true).steps.count > 1)
            cast.clock.advance(by: .seconds(30))
            #expect(await finder.find("capulet.example").steps.count > 1)
        }
    }

    @Test func `remembers for as long as the DNS says that there is nothing`() async throws {
        try await withResolver(zone) { cast in
            let finder = cast.finder()
            #expect(await finder.find("verona.example").fault == .noSuchDomain)
            #expect(await finder.find("none.example").fault == .noService)
            #expect(await cast.shard.run { finder.faultsRemembered } == 2)
            // libunbound counts whole seconds of its own, so that the 60 may be 59.
            cast.clock.advance(by: .seconds(55))
            #expect(await finder.find("verona.example").steps.count == 1)
            cast.clock.advance(by: .seconds(5))
            #expect(await finder.find("verona.example").steps.count > 1)
        }
    }

    @Test func `ends at its time when nobody answers`() async throws {
        try await withResolver({ _, _ in .silence }) { cast in
            let finder = cast.finder()
            async let plan = finder.find("capulet.example")
            for count in [2, 4] {
                await cast.server.asked(count)
                await cast.shard.settle()
                cast.clock.advance(by: .seconds(5))
                await cast.shard.settle()
            }
            #expect(await plan.fault == .timedOut)
            #expect(await plan.took == .seconds(10))
            #expect(await plan.fault?.condition == .remoteServerTimeout)
        }
    }

    @Test func `does not wait long for the other kind of records`() async throws {
        let zone = zone
        try await withResolver({ name, kind in
            name.hasPrefix("_xmpps") || kind == 28 ? .silence : zone(name, kind)
        }) { cast in
            let finder = cast.finder()
            async let plan = finder.find("capulet.example")
            for count in [2, 4] {
                await cast.server.asked(count)
                // The answer that came is on its way to the shard by a pipe: until it waits for one.
                while await cast.shard.run({ cast.resolver.underWayCount }) > count / 2 {
                    await Task.yield()
                }
                cast.clock.advance(by: .seconds(1))
            }
            #expect(await plan.candidates.map(\.brief) == ["192.0.2.1:5269 startTLS"])
            #expect(await plan.took == .seconds(2))
        }
    }

    @Test func `ends when the resolver is closed, or its shard`() async throws {
        try await withResolver({ _, _ in .silence }) { cast in
            let finder = cast.finder()
            async let plan = finder.find("capulet.example")
            await cast.server.asked(2)
            await cast.resolver.close()
            #expect(await plan.fault == .closed)
            #expect(await finder.find("capulet.example").fault == .closed)
        }
        try await withResolver({ _, _ in .silence }) { cast in
            async let plan = cast.finder().find("capulet.example")
            await cast.server.asked(2)
            await cast.shard.stop()
            #expect(await plan.fault == .closed)
        }
    }

    @Test func `turns away what is too much, and is well afterwards`() async throws {
        let known = zone
        try await withResolver(
            { name, kind in name.hasPrefix("_xmpp") ? known(name, kind) : .silence },
            {
                $0.questionsUnderWay = 4
                $0.questionsWaiting = 6
            }
        ) { cast in
            async let silent = withTaskGroup { group in
                for number in 0..<40 {
                    group.addTask { await cast.resolver.ask(DNSQuestion("h\(number).example", .a)) }
                }
                await cast.server.asked(4)
                var faults: [DNSFault?] = []
                for await answer in group {
                    faults.append(answer.fault)
                    // Those turned away come at once; then the time of the rest passes.
                    if faults.count == 30 { cast.clock.advance(by: .seconds(5)) }
                }
                return faults
            }
            let faults = await silent
            #expect(faults.count { $0 == .overloaded } == 30)
            #expect(faults.count { $0 == .timedOut } == 10)
            #expect(Set(cast.server.questions).count == 4)
            // libunbound is at work on those four still; whose time is up takes nobody's room.
            let late = Late()
            await cast.shard.run {
                _ = cast.resolver.ask(DNSQuestion("late.example", .a)) { answer in
                    late.fault.withLock { $0 = answer.fault }
                }
            }
            await cast.shard.settle()
            cast.clock.advance(by: .seconds(5))
            await cast.shard.settle()
            #expect(late.fault.withLock { $0 } == .timedOut)
            await cast.server.speak(.noSuchName(60))
            let name = "_xmpp-server._tcp.capulet.example"
            #expect(await cast.resolver.ask(DNSQuestion(name, .srv)).records.count == 1)
        }
    }
}

/// What came to a question in the end.
private final class Late: Sendable {
    let fault = Mutex<DNSFault?>(nil)
}
