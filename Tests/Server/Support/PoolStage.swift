import Logging
import MartletCore
import MartletNet
import MartletStreams
import Synchronization

@testable import MartletServer

/// A pool on a shard that the test turns, by a clock that it moves; dials and streams are the test's.
final class PoolStage {
    /// Dials that wait for the test's word.
    final class Dials: PeerDialler {
        struct Dial: Sendable {
            let domain: String
            let isFresh: Bool
            let done: @Sendable (PeerDial) -> Void
        }

        struct Attempt: PeerAttempt {
            let dials: Dials
            let number: Int

            func tryNext() -> Bool {
                dials.heard.withLock {
                    $0.append("next \(number)")
                    return false
                }
            }

            func giveUp() {
                dials.heard.withLock { $0.append("forget \(number)") }
            }
        }

        let dialled = Mutex<[Dial]>([])
        let heard = Mutex<[String]>([])

        func dial(
            _ domain: JID,
            on shard: Shard,
            isFresh: Bool,
            done: @escaping @Sendable (PeerDial) -> Void
        ) -> any PeerAttempt {
            let dial = Dial(domain: domain.domainpart, isFresh: isFresh, done: done)
            return Attempt(
                dials: self,
                number: dialled.withLock {
                    $0.append(dial)
                    return $0.count
                }
            )
        }
    }

    /// What the rest of the server sees, and says.
    final class Notes: Sendable {
        let returned = Mutex<[String]>([])
        let orders = Mutex<[S2SLinkOrder]>([])
        let links = Mutex<[NamedLink]>([])
        let blocked = Mutex<Set<String>>([])
        let passed = Mutex<[String]>([])
        let limits = Mutex(S2SLimits())
    }

    let clock = ManualClock()
    let shard: Shard
    let dials = Dials()
    let notes = Notes()
    let budget = S2SBudget()
    let pool: S2SPool

    init(_ change: (inout S2SLimits) -> Void = { _ in }) {
        shard = Shard(index: 0, clock: clock)
        shard.adoptCurrentThread()
        notes.limits.withLock { change(&$0) }
        pool = S2SPool(
            on: shard,
            Self.terms(dials, notes, budget),
            chance: SplitMix(state: 1)
        )
    }

    private static func terms(_ dials: Dials, _ notes: Notes, _ budget: S2SBudget) -> S2SPoolTerms {
        S2SPoolTerms(
            dialler: dials,
            makeLink: { transport, order, _ in
                let name = notes.orders.withLock {
                    $0.append(order)
                    return "\($0.count)"
                }
                let link = NamedLink(name, on: transport.shard)
                notes.links.withLock { $0.append(link) }
                return link
            },
            bounce: { stanza, error, _ in
                notes.returned.withLock {
                    $0.append("\(stanza.id ?? "?") \(error.condition.rawValue)")
                }
            },
            isOurs: { $0.domainpart == "montague.example" },
            admits: { pair in notes.blocked.withLock { !$0.contains(pair.target.domainpart) } },
            limits: { notes.limits.withLock { $0 } },
            budget: budget,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    func turn() {
        for _ in 0..<4 { shard.turn(waiting: false) }
    }

    func pass(_ time: Duration) {
        clock.advance(by: time)
        turn()
    }

    func post(_ mails: PoolMail...) {
        for mail in mails { pool.post(mail) }
        turn()
    }

    /// A transport that leads nowhere.
    func answer(_ dial: Int) {
        let (here, _) = PipeTransport.pair(shard, shard)
        dials.dialled.withLock { $0[dial] }.done(
            .connected(here, isDirect: false, address: "192.0.2.1:5269")
        )
        turn()
    }

    func fail(_ dial: Int, _ fault: S2SFault) {
        dials.dialled.withLock { $0[dial] }.done(.failed(fault))
        turn()
    }

    func take<Value: Sendable>(_ box: borrowing Mutex<[Value]>) -> [Value] {
        box.withLock { values in
            defer { values = [] }
            return values
        }
    }

    /// What the link heard since.
    func heard(_ link: Int) -> [String] { notes.links.withLock { $0[link] }.taken() }
    func link(_ index: Int) -> NamedLink { notes.links.withLock { $0[index] } }

    var pairs: Int { pool.assumeIsolated { $0.entries.count } }

    func end() {
        shard.resignCurrentThread()
    }
}
