import MartletCore
import MartletNet
import MartletStreams
import Testing

@testable import MartletServer

/// Stanzas over the peer's own stream (XEP-0288).
struct PeerRouteBidiTests {
    private let gone = S2SFault.lost("the connection broke")

    private func back(_ link: NamedLink, _ unwritten: String...) -> PeerRoute.Event {
        .undelivered(link, unwritten: unwritten.map { message($0) }, unacknowledged: [], gone)
    }

    @Test func `writes to an incoming stream when there is no other`() {
        let stage = RouteStage()
        #expect(stage.hear(.reversible(NamedLink("P"))) == [])
        #expect(stage.take("m1") == ["write P: m1"])
        #expect(stage.route.nextWake == nil, "the other side keeps it, or ends it")
    }

    @Test func `ends a rest`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        _ = stage.hear(.exhausted(1, gone))
        _ = stage.hear(.reversible(NamedLink("P")))
        #expect(stage.take("m2") == ["write P: m2"])
    }

    @Test func `gives an attempt up, and the queue goes over the incoming stream`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        #expect(stage.hear(.reversible(NamedLink("P"))) == ["forget 1", "write P: m1"])
        #expect(stage.hear(.exhausted(1, gone)) == [])

        let other = RouteStage()
        _ = other.take("m1")
        _ = other.hear(.linked(1, link))
        #expect(other.hear(.reversible(NamedLink("P"))) == ["forget 1", "end A", "write P: m1"])
        #expect(other.hear(.authorized(link)) == [])
        #expect(other.hear(.closed(link, gone)) == [])
        #expect(other.take("m2") == ["write P: m2"])
    }

    @Test func `stays with an open stream, for the order's sake`() {
        let stage = RouteStage()
        _ = stage.opened("A")
        #expect(stage.hear(.reversible(NamedLink("P"))) == [])
        #expect(stage.take("m1") == ["write A: m1"])
    }

    @Test func `goes over to a newer stream when the older has given back its rest`() {
        let stage = RouteStage()
        let (old, new) = (NamedLink("P"), NamedLink("Q"))
        _ = stage.hear(.reversible(old))
        _ = stage.take("m1", "m2")
        #expect(stage.hear(.reversible(new)) == ["end P"])
        #expect(stage.take("m3") == [])
        #expect(stage.hear(back(old, "m2")) == [])
        #expect(stage.hear(.closed(old, gone)) == ["write Q: m2 m3"])
        #expect(stage.take("m4") == ["write Q: m4"])
    }

    @Test func `takes the newest of several, and none that has ended meanwhile`() {
        let stage = RouteStage()
        let (old, new, newest) = (NamedLink("P"), NamedLink("Q"), NamedLink("R"))
        _ = stage.hear(.reversible(old))
        #expect(stage.hear(.reversible(old)) == [])
        _ = stage.hear(.reversible(new))
        #expect(stage.hear(.reversible(newest)) == [])
        _ = stage.take("m1")
        #expect(stage.hear(.closed(newest, gone)) == [])
        #expect(stage.hear(.closed(old, gone)) == ["dial 1"])
    }

    @Test func `looks for a stream of its own when the borrowed one is lost`() {
        let stage = RouteStage()
        let link = NamedLink("P")
        _ = stage.hear(.reversible(link))
        _ = stage.take("m1")
        _ = stage.hear(back(link, "m1"))
        #expect(stage.hear(.closed(link, gone)) == [])
        #expect(stage.pass(.seconds(1)) == ["dial 1"])
    }

    @Test func `takes the peer's new stream while it waits to set out`() {
        let stage = RouteStage()
        let link = NamedLink("P")
        _ = stage.hear(.reversible(link))
        _ = stage.take("m1")
        _ = stage.hear(back(link, "m1"))
        _ = stage.hear(.closed(link, gone))
        #expect(stage.hear(.reversible(NamedLink("Q"))) == ["write Q: m1"])
    }

    @Test func `lends nothing from a peer that is not admitted`() {
        let stage = RouteStage()
        _ = stage.hear(.bar(.notAdmitted, StreamError(.policyViolation)))
        #expect(stage.hear(.reversible(NamedLink("P"))) == ["end P: policy-violation"])
    }
}
