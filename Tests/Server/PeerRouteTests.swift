import MartletCore
import MartletNet
import MartletStreams
import Testing

@testable import MartletServer

/// A pair's way to an open stream, and back to none.
struct PeerRouteTests {
    private let gone = S2SFault.lost("reset")
    private let nowhere = S2SFault.unreachable(.remoteServerNotFound, "no such domain")

    @Test
    func `sets out with the first stanza, and writes all in order when the pair is authorised`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        #expect(stage.take("m1") == ["dial 1"])
        #expect(stage.take("m2", "m3") == [])
        #expect(stage.hear(.linked(1, link)) == [])
        #expect(stage.hear(.featured(link)) == [])
        #expect(stage.take("m4") == [])
        #expect(stage.hear(.authorized(link)) == ["forget 1", "write A: m1 m2 m3 m4"])
        #expect(stage.take("m5") == ["write A: m5"])
        #expect(stage.route.queue.isEmpty)
        #expect(stage.route.rules.budget.queuedBytes == 0)
    }

    @Test func `returns all when the domain is not found, and rests`() {
        let stage = RouteStage()
        _ = stage.take("m1", "m2")
        #expect(stage.hear(.exhausted(1, nowhere)) == ["forget 1", "bounce m1 m2: no such domain"])
        #expect(stage.take("m3") == ["bounce m3: no such domain"])
        #expect(stage.route.rules.budget.queuedBytes == 0)
        #expect(stage.pass(.seconds(7)) == [])
        #expect(stage.take("m4") == ["dial 2"])
    }

    @Test func `rests twice as long after each failure, a fifth more or less, and 300 s at most`() {
        let stage = RouteStage()
        for usual in [5, 10, 20, 40, 80, 160, 300, 300] {
            _ = stage.take("m")
            _ = stage.hear(.exhausted(UInt64(stage.route.failures) + 1, nowhere))
            guard case .resting(let until, _) = stage.route.state else {
                Issue.record("it does not rest")
                return
            }
            let rest = stage.now.duration(to: until)
            #expect(rest >= .seconds(usual) * 0.8)
            #expect(rest <= min(.seconds(usual) * 1.2, .seconds(300)))
            #expect(rest != .seconds(usual) || usual == 300, "chance has no part in it")
            _ = stage.pass(rest)
        }
    }

    @Test func `gives up everything when the time for the attempt is over`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        #expect(stage.pass(.seconds(30)) == [])
        _ = stage.hear(.linked(1, link))
        _ = stage.hear(.featured(link))
        _ = stage.take("m2")
        #expect(stage.pass(.milliseconds(29_999)) == [])
        #expect(
            stage.pass(.milliseconds(1)) == [
                "forget 1", "end A", "bounce m1 m2: it did not answer in time",
            ]
        )
        // What the link says from now on changes nothing.
        #expect(stage.hear(.authorized(link)) == [])
        #expect(stage.hear(.closed(link, gone)) == [])
        #expect(stage.take("m3") == ["bounce m3: it did not answer in time"])
    }

    @Test func `ends a connection that comes too late`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        _ = stage.pass(.seconds(60))
        #expect(stage.route.purpose(of: 1) == nil)
        #expect(stage.hear(.linked(1, NamedLink("A"))) == ["end A"])
    }

    @Test(arguments: [
        S2SFault.lost("reset"), .tlsNotOffered, .tlsFailed("no"), .timedOut, .notProved("other"),
        .noWayToAuthenticate, .protocolViolation("html"), .stream(.systemShutdown),
    ])
    func `tries the next place when one is no good`(fault: S2SFault) {
        let stage = RouteStage()
        let (first, second) = (NamedLink("A"), NamedLink("B"))
        _ = stage.take("m1")
        _ = stage.hear(.linked(1, first))
        #expect(stage.hear(.closed(first, fault)) == ["next 1"])
        _ = stage.hear(.linked(1, second))
        #expect(stage.hear(.authorized(first)) == [])
        #expect(stage.hear(.authorized(second)) == ["forget 1", "write B: m1"])
    }

    @Test func `tells of the place that took the connection, not of those that did not`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        _ = stage.hear(.linked(1, link))
        _ = stage.hear(.closed(link, .tlsNotOffered))
        let refused = S2SFault.unreachable(.remoteServerTimeout, "no connection")
        #expect(
            stage.hear(.exhausted(1, refused)) == ["forget 1", "bounce m1: it offers no TLS"]
        )
    }

    @Test(arguments: [
        S2SFault.stream(.hostUnknown), .dialbackInvalid, .dialback(.forbidden),
        .saslRefused(.notAuthorized), .stream(.policyViolation),
    ])
    func `takes the domain's word from whichever place says it`(fault: S2SFault) {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        _ = stage.hear(.linked(1, link))
        #expect(stage.hear(.closed(link, fault)) == ["forget 1", "bounce m1: \(fault)"])
    }

    @Test func `ends a stream on which the peer does not take the pair`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        _ = stage.hear(.linked(1, link))
        #expect(
            stage.hear(.refused(link, .dialbackInvalid)) == [
                "forget 1", "end A", "bounce m1: it says that our dialback key is invalid",
            ]
        )
        #expect(stage.hear(.closed(link, gone)) == [])
    }

    @Test func `does not rest for want of room of our own`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        #expect(
            stage.hear(.exhausted(1, .overloaded)) == [
                "forget 1", "bounce m1: too much waits for it already",
            ]
        )
        #expect(stage.take("m2") == ["dial 2"])
    }

    // MARK: Rests

    @Test func `ends a rest when the peer has come to us, with a fresh look-up`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        _ = stage.hear(.exhausted(1, nowhere))
        #expect(stage.hear(.met) == [])
        #expect(stage.take("m2") == ["dial 2 fresh"])
        _ = stage.hear(.exhausted(2, nowhere))
        // It rests longer all the same, and the next look-up may rely on what is known.
        _ = stage.pass(.seconds(12))
        #expect(stage.take("m3") == ["dial 3"])
    }

    // MARK: Idle streams

    @Test func `ends a stream on which nothing went either way`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        let opened = stage.now
        _ = stage.pass(.seconds(599))
        #expect(stage.take("m1") == ["write A: m1"])
        #expect(stage.pass(.milliseconds(599_999)) == [])
        #expect(stage.pass(.milliseconds(1)) == ["inspect A"])
        #expect(stage.hear(.quiet(link, since: opened)) == ["end A"])
        // What comes while it ends goes over the next one.
        #expect(stage.take("m2") == [])
        #expect(stage.hear(.closed(link, gone)) == ["dial 2"])
    }

    @Test func `keeps a stream on which the peer sends, or has not acknowledged`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        #expect(stage.pass(.seconds(600)) == ["inspect A"])
        let lately = ShardInstant(nanoseconds: 500_000_000_000)
        #expect(!stage.hear(.quiet(link, since: lately)).contains("end A"))
        #expect(stage.pass(.milliseconds(499_999)) == [])
        #expect(stage.pass(.milliseconds(1)) == ["inspect A"])
        #expect(!stage.hear(.quiet(link, since: nil)).contains("end A"))
        #expect(stage.pass(.seconds(599)) == [])
        #expect(stage.pass(.seconds(1)) == ["inspect A"])
    }

    @Test func `needs nothing when a peer ends an idle stream`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        #expect(stage.hear(.closed(link, .lost("closed"))) == [])
        #expect(stage.route.isForgettable(at: stage.now))
        #expect(stage.take("m1") == ["dial 2"])
    }

    // MARK: Policy

    @Test func `returns all to a peer that is not admitted any more, and ends the stream`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        _ = stage.hear(.congested(link))
        _ = stage.take("m1")
        let why = "our settings allow no streams with it"
        #expect(
            stage.hear(.bar(.notAdmitted, StreamError(.policyViolation))) == [
                "end A: policy-violation", "bounce m1: \(why)",
            ]
        )
        #expect(stage.take("m2") == ["bounce m2: \(why)"])
        let back = PeerRoute.Event.undelivered(
            link,
            unwritten: [message("m0")],
            unacknowledged: [],
            gone
        )
        #expect(stage.hear(back) == ["bounce m0: \(why)"])
        #expect(stage.hear(.closed(link, gone)) == [])
        #expect(stage.hear(.unbar) == [])
        #expect(stage.take("m3") == ["dial 2"])
    }

    @Test func `gives up an attempt to reach a peer that is not admitted any more`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        #expect(
            stage.hear(.bar(.stopping, nil)) == ["forget 1", "bounce m1: this server stops"]
        )
        #expect(stage.hear(.exhausted(1, nowhere)) == [])
        #expect(stage.route.isVacant)
    }

    // MARK: Memory

    @Test func `holds little for a dead pair, and is forgotten in an hour`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        _ = stage.hear(.exhausted(1, nowhere))
        #expect(MemoryLayout<PeerRoute>.size <= 320)
        #expect(stage.route.isVacant)
        #expect(stage.route.nextWake == nil, "a rest needs no timer")
        #expect(!stage.route.isForgettable(at: stage.now))
        _ = stage.pass(.seconds(3600))
        #expect(stage.route.isForgettable(at: stage.now))
    }
}
