import Logging
import MartletCore
import MartletNet
import MartletStreams
import Synchronization
import Testing

@testable import MartletServer

struct S2SPoolTests {
    private func withPool(
        _ change: (inout S2SLimits) -> Void = { _ in },
        _ body: (PoolStage) -> Void
    ) {
        let stage = PoolStage(change)
        body(stage)
        stage.end()
    }

    /// Opens the stream of the cast.
    private func open(_ stage: PoolStage) -> NamedLink {
        stage.post(.stanza(message("first")))
        stage.answer(0)
        let link = stage.link(0)
        stage.post(.featured(link), .authorized(link, montagueToCapulet, .certificate))
        _ = link.taken()
        return link
    }

    @Test func `dials, makes a stream and writes to it`() {
        withPool { stage in
            stage.post(.stanza(message("m1")), .stanza(message("m2")))
            #expect(stage.dials.dialled.withLock { $0.map(\.domain) } == ["capulet.example"])
            stage.answer(0)
            let orders = stage.take(stage.notes.orders)
            #expect(orders.map(\.pair) == [montagueToCapulet])
            #expect(orders.map(\.isAsking) == [false])
            #expect(orders.map(\.address) == ["192.0.2.1:5269"])
            let link = stage.link(0)
            stage.post(.featured(link), .authorized(link, montagueToCapulet, .dialback))
            #expect(link.taken() == ["write m1 m2"])
            #expect(stage.take(stage.dials.heard) == ["forget 1"])
            // One word for what comes together, in its order.
            stage.post(.stanza(message("m3")), .stanza(message("m4")))
            #expect(link.taken() == ["write m3 m4"])
        }
    }

    @Test func `returns what cannot go, and answers no answers`() {
        withPool { stage in
            let result = Stanza(
                .iq,
                type: .result,
                to: JID(prepared: "juliet", "capulet.example"),
                from: JID(prepared: "romeo", "montague.example"),
                id: "r1"
            )
            stage.post(.stanza(message("m1")), .stanza(result))
            stage.fail(0, .unreachable(.remoteServerNotFound, "no such domain"))
            #expect(stage.take(stage.notes.returned) == ["m1 remote-server-not-found"])
            stage.post(.stanza(message("m2")))
            #expect(stage.take(stage.notes.returned) == ["m2 remote-server-not-found"])
            #expect(stage.dials.dialled.withLock { $0.count } == 1)
        }
    }

    @Test func `speaks for nobody else`() {
        withPool { stage in
            let foreign = Stanza(
                .message,
                type: .chat,
                to: JID(prepared: "juliet", "capulet.example"),
                from: JID(prepared: "iago", "venice.example"),
                id: "m1"
            )
            stage.post(.stanza(foreign))
            #expect(stage.dials.dialled.withLock { $0.isEmpty })
            #expect(stage.take(stage.notes.returned) == [])
            #expect(stage.pairs == 0)
        }
    }

    @Test func `sends nothing to a peer that is not admitted, and asks again when that changes`() {
        withPool { stage in
            stage.notes.blocked.withLock { $0 = ["capulet.example"] }
            stage.post(.stanza(message("m1")))
            #expect(stage.take(stage.notes.returned) == ["m1 not-allowed"])
            #expect(stage.pairs == 0)
            stage.notes.blocked.withLock { $0 = [] }
            let link = open(stage)
            stage.notes.blocked.withLock { $0 = ["capulet.example"] }
            stage.post(.readjust)
            #expect(link.taken() == ["end policy-violation"])
            stage.post(.stanza(message("m2")))
            #expect(stage.take(stage.notes.returned) == ["m2 not-allowed"])
            stage.post(.closed(link, .lost("ended")))
            stage.notes.blocked.withLock { $0 = [] }
            stage.post(.readjust, .stanza(message("m3")))
            #expect(stage.dials.dialled.withLock { $0.count } == 2)
        }
    }

    @Test func `takes back what was written while the end of a stream was on its way`() {
        withPool { stage in
            let link = open(stage)
            let reset = S2SFault.lost("reset")
            func back(_ id: String) -> PoolMail {
                .undelivered(
                    link,
                    montagueToCapulet,
                    unwritten: [message(id)],
                    unacknowledged: [],
                    reset
                )
            }
            stage.pool.post(.stanza(message("m2")))
            stage.pool.post(back("m1"))
            stage.pool.post(.closed(link, reset))
            // As the stream does when it is handed m2.
            stage.pool.post(back("m2"))
            stage.pool.post(.stanza(message("m3")))
            stage.turn()
            stage.pass(.seconds(1))
            stage.answer(1)
            let second = stage.link(1)
            stage.post(.authorized(second, montagueToCapulet, .dialback))
            #expect(second.taken() == ["write m1 m2 m3"])
            #expect(stage.take(stage.notes.returned) == [])
        }
    }

    @Test func `asks over a stream of its own, and ends that`() {
        withPool { stage in
            let claims = NamedLink("C")
            let passed = stage.notes
            stage.post(
                .ask(question("k1"), over: ObjectIdentifier(claims)) { outcome in
                    passed.passed.withLock { $0.append("\(outcome)") }
                }
            )
            #expect(stage.dials.dialled.withLock { $0.map(\.isFresh) } == [true])
            stage.answer(0)
            #expect(stage.take(stage.notes.orders).map(\.isAsking) == [true])
            let link = stage.link(0)
            stage.post(.featured(link))
            #expect(link.taken() == ["ask k1"])
            stage.post(.answered(question("k1"), .valid))
            #expect(stage.take(stage.notes.passed) == ["valid"])
            #expect(link.taken() == ["end "])
            stage.post(.closed(link, .lost("ended")))
            #expect(stage.pool.assumeIsolated { $0.links.isEmpty })
            stage.pass(.seconds(60))
            #expect(stage.pairs == 0)
        }
    }

    @Test func `asks about none but its own domains`() {
        withPool { stage in
            var pair = DomainPair(
                sender: JID(prepared: nil, "capulet.example"),
                target: JID(prepared: nil, "venice.example")
            )
            let notes = stage.notes
            for _ in 0..<2 {
                let question = DialbackQuestion(pair: pair, streamID: "s", key: "k")
                stage.post(
                    .ask(question, over: ObjectIdentifier(stage.pool)) { outcome in
                        notes.passed.withLock {
                            $0.append("\(outcome == .failed(.policyViolation))")
                        }
                    }
                )
                pair = montagueToCapulet.reversed
                stage.notes.blocked.withLock { $0 = ["capulet.example"] }
            }
            #expect(stage.take(stage.notes.passed) == ["true", "true"])
            #expect(stage.dials.dialled.withLock { $0.isEmpty })
        }
    }

    @Test func `writes to a stream of the peer's, until it is closed`() {
        withPool { stage in
            let incoming = NamedLink("P", on: stage.shard)
            stage.post(.reversible(incoming, montagueToCapulet), .stanza(message("m1")))
            #expect(incoming.taken() == ["write m1"])
            stage.post(.closed(incoming, .lost("reset")), .stanza(message("m2")))
            stage.turn()
            #expect(stage.pool.assumeIsolated { $0.links.isEmpty })
            stage.post(.stanza(message("m3")))
            #expect(stage.dials.dialled.withLock { $0.count } == 1)
        }
    }

    @Test func `ends a stream that nothing uses`() {
        withPool { stage in
            let link = open(stage)
            link.quietSince = stage.shard.now
            stage.pass(.seconds(599))
            #expect(link.taken() == [])
            stage.pass(.seconds(1))
            #expect(link.taken() == ["end "])
            stage.post(.closed(link, .lost("ended")))
            stage.pass(.seconds(120))
            #expect(stage.pairs == 0)
            #expect(stage.shard.timerCount == 0)
        }
    }

    @Test func `passes fences behind what was put down before them`() {
        withPool { stage in
            let notes = stage.notes
            let fence = { (name: String) in
                PoolMail.fence(montagueToCapulet) { notes.passed.withLock { $0.append(name) } }
            }
            stage.post(fence("f0"))
            #expect(stage.take(notes.passed) == ["f0"])
            stage.post(.stanza(message("m1")), fence("f1"))
            #expect(stage.take(notes.passed) == [])
            stage.pass(.seconds(5))
            #expect(stage.take(notes.passed) == ["f1"])
        }
    }

    // MARK: Bounds

    @Test func `seeks so many peers at once, and no more`() {
        withPool({ $0.attemptsPerShard = 2 }) { stage in
            for name in ["a", "b", "c"] {
                stage.post(.stanza(message(name, to: "\(name).example")))
            }
            #expect(
                stage.dials.dialled.withLock { $0.map(\.domain) } == ["a.example", "b.example"]
            )
            #expect(stage.take(stage.notes.returned) == ["c resource-constraint"])
            stage.fail(0, .timedOut)
            #expect(stage.take(stage.notes.returned) == ["a remote-server-timeout"])
            stage.post(.stanza(message("d", to: "c.example")))
            #expect(stage.dials.dialled.withLock { $0.count } == 3)
        }
    }

    @Test func `forgets peers that were not there to make room for others`() {
        withPool({ $0.pairsPerShard = 32 }) { stage in
            for number in 0..<40 {
                stage.post(.stanza(message("m", to: "d\(number).example")))
                stage.fail(number, .unreachable(.remoteServerNotFound, "no such domain"))
                stage.pass(.milliseconds(1))
            }
            #expect(stage.pairs <= 32)
            let left = stage.pool.assumeIsolated { $0.entries.keys.map(\.target.domainpart) }
            #expect(!left.contains("d0.example"))
            #expect(left.contains("d39.example"))
        }
    }

    @Test func `has no room while all that it knows is under way`() {
        withPool({ $0.pairsPerShard = 2 }) { stage in
            for name in ["a", "b", "c"] {
                stage.post(.stanza(message(name, to: "\(name).example")))
            }
            #expect(stage.pairs == 2)
            #expect(stage.take(stage.notes.returned) == ["c resource-constraint"])
        }
    }

    @Test func `keeps ten thousand dead peers without a timer for any, and for an hour`() {
        withPool({ $0.backoffTime = .seconds(100) }) { stage in
            for number in 0..<10_000 {
                stage.pool.post(.stanza(message("m", to: "d\(number).example")))
                if number % 500 == 499 {
                    stage.turn()
                    let dials = stage.dials.dialled.withLock { dials in
                        defer { dials = [] }
                        return dials
                    }
                    for dial in dials { dial.done(.failed(.timedOut)) }
                    stage.turn()
                }
            }
            #expect(stage.pairs == 10_000)
            #expect(stage.budget.queuedBytes == 0)
            #expect(stage.notes.returned.withLock { $0.count } == 10_000)
            stage.pass(.seconds(61))
            #expect(stage.pairs == 10_000)
            #expect(stage.shard.timerCount == 1)
            for _ in 0..<61 { stage.pass(.seconds(60)) }
            #expect(stage.pairs == 0)
            #expect(stage.shard.timerCount == 0)
        }
    }

    // MARK: The end

    @Test func `returns what waits when it stops, and all that comes later`() {
        withPool { stage in
            stage.post(.stanza(message("m1")))
            stage.pool.assumeIsolated { $0.stop() }
            stage.turn()
            #expect(stage.take(stage.notes.returned) == ["m1 remote-server-timeout"])
            #expect(stage.take(stage.dials.heard) == ["forget 1"])
            stage.post(.stanza(message("m2")))
            #expect(stage.take(stage.notes.returned) == ["m2 remote-server-timeout"])
            // A connection that came meanwhile is closed.
            stage.answer(0)
            #expect(stage.take(stage.notes.orders).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `waits for what is queued, and not for ever`() async {
        let shard = Shard(index: 0)
        shard.start()
        let pool = S2SPool(
            on: shard,
            S2SPoolTerms(
                dialler: PoolStage.Dials(),
                makeLink: { _, _, _ in NamedLink("A") },
                bounce: { _, _, _ in },
                isOurs: { _ in true },
                admits: { _ in true },
                limits: { S2SLimits() },
                budget: S2SBudget(),
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        await pool.flush(within: .seconds(3600))
        pool.post(.stanza(message("m1")))
        await shard.settle()
        await pool.flush(within: .milliseconds(1))
        #expect(await pool.summaries().map(\.state) == ["seeking"])
        #expect(await pool.summaries().map(\.queuedStanzas) == [1])
        await pool.stop()
        await pool.flush(within: .seconds(3600))
        await shard.stop()
    }
}
