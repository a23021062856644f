import MartletCore
import MartletNet
import MartletStreams
import Testing

@testable import MartletServer

/// Streams that are lost, and what was on its way.
struct PeerRouteLossTests {
    private let gone = S2SFault.lost("the connection broke")

    private func back(
        _ link: NamedLink,
        unwritten: [String] = [],
        unacknowledged: [String] = []
    ) -> PeerRoute.Event {
        .undelivered(
            link,
            unwritten: unwritten.map { message($0) },
            unacknowledged: unacknowledged.map { message($0) },
            gone
        )
    }

    /// A second stream, over the attempt of that number.
    private func reopen(_ stage: RouteStage, _ attempt: UInt64, _ link: NamedLink) -> [String] {
        _ = stage.hear(.linked(attempt, link))
        return stage.hear(.authorized(link))
    }

    @Test func `sends what was not written over a new stream, before what came since`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        _ = stage.take("m1", "m2", "m3")
        #expect(
            stage.hear(back(link, unwritten: ["m2", "m3"], unacknowledged: ["m1"])) == [
                "bounce? m1: the connection broke"
            ]
        )
        // The stream has not said yet that it is closed, and gets nothing more.
        #expect(stage.take("m4") == [])
        #expect(stage.hear(.closed(link, gone)) == [])
        #expect(stage.take("m5") == [])
        #expect(stage.pass(.seconds(1)) == ["dial 2"])
        #expect(reopen(stage, 2, NamedLink("B")).last == "write B: m2 m3 m4 m5")
    }

    @Test func `puts what was written too late behind what came back before`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        _ = stage.take("m1", "m2", "m3")
        _ = stage.hear(back(link, unwritten: ["m1", "m2"]))
        _ = stage.take("m4")
        _ = stage.hear(back(link, unwritten: ["m3"]))
        _ = stage.hear(.closed(link, gone))
        _ = stage.pass(.seconds(1))
        #expect(reopen(stage, 2, NamedLink("B")).last == "write B: m1 m2 m3 m4")
    }

    @Test func `does not bind the new attempts of all pairs to one moment`() {
        var waits: Set<Int64> = []
        for seed in 0..<8 {
            var route = PeerRoute(PeerRules(), seed: UInt64(seed), at: .init(nanoseconds: 0))
            let link = NamedLink("A")
            _ = route.receive(.take([message("m1")]), at: .init(nanoseconds: 0))
            _ = route.receive(.linked(1, link), at: .init(nanoseconds: 0))
            _ = route.receive(.authorized(link), at: .init(nanoseconds: 0))
            _ = route.receive(back(link, unwritten: ["m1"]), at: .init(nanoseconds: 0))
            _ = route.receive(.closed(link, gone), at: .init(nanoseconds: 0))
            let wake = route.nextWake?.nanoseconds ?? -1
            #expect((0...1_000_000_000).contains(wake))
            waits.insert(wake)
        }
        #expect(waits.count > 4)
    }

    @Test func `rests when the next stream is lost soon after it was opened`() {
        let stage = RouteStage()
        let (first, second) = (stage.opened("A"), NamedLink("B"))
        _ = stage.hear(back(first, unwritten: ["m1"]))
        _ = stage.hear(.closed(first, gone))
        _ = stage.pass(.seconds(1))
        _ = reopen(stage, 2, second)
        _ = stage.pass(.seconds(59))
        _ = stage.hear(back(second, unwritten: ["m1"]))
        #expect(stage.hear(.closed(second, gone)) == ["bounce m1: the connection broke"])
        #expect(stage.take("m2") == ["bounce m2: the connection broke"])
        // What comes back now is returned as well.
        #expect(stage.hear(back(second, unwritten: ["m3"])) == ["bounce m3: the connection broke"])
    }

    @Test func `forgets failures when a stream was open for a minute`() {
        let stage = RouteStage()
        _ = stage.take("m0")
        _ = stage.hear(.exhausted(1, gone))
        #expect(stage.route.failures == 1)
        _ = stage.pass(.seconds(7))
        _ = stage.take("m1")
        let link = NamedLink("A")
        _ = reopen(stage, 2, link)
        _ = stage.pass(.seconds(60))
        _ = stage.hear(.closed(link, gone))
        #expect(stage.route.failures == 0)
        #expect(!stage.route.isSecondChance)
    }

    @Test func `holds back while the stream is congested`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        #expect(stage.hear(.congested(link)) == [])
        #expect(stage.take("m1") == [])
        #expect(stage.take("m2") == [])
        #expect(stage.hear(.writable(link)) == ["write A: m1 m2"])
        #expect(stage.take("m3") == ["write A: m3"])
        #expect(stage.hear(.writable(NamedLink("B"))) == [])
    }

    // MARK: Bounds

    @Test func `returns what is more than the pair may queue`() {
        let stage = RouteStage { $0.queueStanzas = 2 }
        #expect(
            stage.take("m1", "m2", "m3") == ["bounce m3: too much waits for it already", "dial 1"]
        )
        #expect(stage.take("m4") == ["bounce m4: too much waits for it already"])
        #expect(stage.route.queue.count == 2)
    }

    @Test func `counts the bytes of what is queued, and of what is around them`() {
        let one = PeerQueue.cost(of: message("m1"))
        #expect(one > PeerQueue.overhead)
        let stage = RouteStage { $0.queueBytes = 2 * one }
        #expect(stage.take("m1", "m2") == ["dial 1"])
        #expect(stage.route.queue.byteCount == 2 * one)
        #expect(stage.take("m3") == ["bounce m3: too much waits for it already"])
    }

    @Test func `shares the room of the process with all other pairs`() {
        let budget = S2SBudget()
        let one = PeerQueue.cost(of: message("m1"))
        let stages = (0..<3).map { _ in RouteStage(budget) { $0.totalQueueBytes = 2 * one } }
        #expect(stages[0].take("m1") == ["dial 1"])
        #expect(stages[1].take("m2") == ["dial 1"])
        #expect(stages[2].take("m3") == ["bounce m3: too much waits for it already"])
        #expect(budget.queuedBytes == 2 * one)
        // Nothing was queued, and so nothing sought.
        guard case .idle = stages[2].route.state else {
            Issue.record("\(stages[2].route.state)")
            return
        }
        _ = stages[0].hear(.exhausted(1, gone))
        #expect(stages[2].take("m4") == ["dial 1"])
    }

    @Test func `takes back what a stream did not write, however full it is`() {
        let stage = RouteStage { $0.queueStanzas = 2 }
        let link = stage.opened("A")
        _ = stage.take("m1", "m2", "m3")
        #expect(stage.hear(back(link, unwritten: ["m1", "m2", "m3"])) == [])
        #expect(stage.take("m4") == ["bounce m4: too much waits for it already"])
        #expect(stage.route.queue.count == 3)
        let cost = stage.route.queue.byteCount
        #expect(stage.route.rules.budget.queuedBytes == cost)
    }

    // MARK: Fences

    @Test func `passes a fence at once when nothing stands before it`() {
        let stage = RouteStage()
        #expect(stage.fence("f1") == ["pass f1"])
        _ = stage.opened("A")
        #expect(stage.fence("f2") == ["pass f2"])
    }

    @Test func `passes a fence when what stood before it was written`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        #expect(stage.fence("f1") == [])
        _ = stage.take("m2")
        _ = stage.hear(.linked(1, link))
        #expect(stage.hear(.authorized(link)) == ["forget 1", "write A: m1 m2", "pass f1"])
    }

    @Test func `tells of the return before the fence passes`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        _ = stage.fence("f1")
        #expect(
            stage.hear(.exhausted(1, gone)) == [
                "forget 1", "bounce m1: the connection broke", "pass f1",
            ]
        )
    }

    @Test func `passes a fence after five seconds at the latest`() {
        let stage = RouteStage()
        _ = stage.take("m1")
        _ = stage.fence("f1")
        _ = stage.pass(.seconds(1))
        _ = stage.fence("f2")
        #expect(stage.pass(.milliseconds(3_999)) == [])
        #expect(stage.pass(.milliseconds(1)) == ["pass f1"])
        #expect(stage.pass(.seconds(1)) == ["pass f2"])
        #expect(stage.route.fences.isEmpty)
    }

    @Test func `waits at a fence for what comes back before it`() {
        let stage = RouteStage()
        let link = stage.opened("A")
        _ = stage.hear(.congested(link))
        _ = stage.take("m3")
        #expect(stage.fence("f1") == [])
        _ = stage.hear(back(link, unwritten: ["m1", "m2"]))
        _ = stage.hear(.closed(link, gone))
        _ = stage.pass(.seconds(1))
        #expect(
            reopen(stage, 2, NamedLink("B")) == ["forget 2", "write B: m1 m2 m3", "pass f1"]
        )
    }
}
