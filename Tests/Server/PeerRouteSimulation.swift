import MartletCore
import MartletNet
import MartletStreams
import Testing

@testable import MartletServer

/// A peer that comes and goes, and a route to it, in whatever order chance has it.
private struct PeerSimulation {
    /// A stream as the connection is to keep it: it writes in order, and gives back the rest when it ends.
    final class Wire {
        let link: NamedLink
        var held: [Stanza] = []
        var isDead = false

        init(_ link: NamedLink) {
            self.link = link
        }
    }

    private var route: PeerRoute
    private var chance: SplitMix
    private var now = ShardInstant(nanoseconds: 0)
    private var wires: [ObjectIdentifier: Wire] = [:]
    /// What is on its way to the route, in order; nil in place of `closed` until that has come round.
    private var mail: [(event: PeerRoute.Event, isRound: Bool)] = []
    private var dialled: [UInt64] = []
    /// All that were ever made, so that none is taken for one before it: a seed repeats what it did.
    private var links = [NamedLink("C")]
    private(set) var taken = 0
    private(set) var delivered: [Int] = []
    private(set) var returned: [Int] = []
    private(set) var raised = 0
    let passed = Passed()
    let budget = S2SBudget()

    final class Passed: @unchecked Sendable {
        // Called by the one thread of the test.
        var count = 0
        var replies = 0
    }

    private(set) var asked = 0

    init(seed: UInt64) {
        chance = SplitMix(state: seed)
        var limits = S2SLimits()
        limits.queueStanzas = 12
        route = PeerRoute(PeerRules(limits, budget: budget), seed: seed, at: now)
    }

    private mutating func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &chance) }

    private mutating func tell(_ event: PeerRoute.Event) {
        for action in route.receive(event, at: now) { perform(action) }
    }

    private mutating func perform(_ action: PeerRoute.Action) {
        switch action {
        case .dial(let attempt, _), .dialNext(let attempt, _): dialled.append(attempt)
        case .forget(let attempt): dialled.removeAll { $0 == attempt }
        case .write(let link, let stanzas):
            guard let wire = wires[ObjectIdentifier(link)] else {
                Issue.record("wrote to a link that is over")
                return
            }
            let others = wires.values.filter { $0 !== wire }
            #expect(others.allSatisfy { $0.held.isEmpty }, "two streams of one pair")
            if wire.isDead { giveBack(wire, stanzas) } else { wire.held += stanzas }
        case .bounce(let stanzas, _, _): returned += stanzas.compactMap { $0.id.flatMap(Int.init) }
        case .pass(let passed): passed()
        case .reply(let reply, let outcome): reply(outcome)
        case .end(let link, _): if let wire = wires[ObjectIdentifier(link)] { kill(wire) }
        case .want, .ask: break
        case .inspect(let link): tell(.quiet(link, since: nil))
        }
    }

    private mutating func giveBack(_ wire: Wire, _ unwritten: [Stanza]) {
        let fault = S2SFault.lost("reset")
        mail.append(
            (.undelivered(wire.link, unwritten: unwritten, unacknowledged: [], fault), true)
        )
    }

    private mutating func kill(_ wire: Wire) {
        guard !wire.isDead else { return }
        wire.isDead = true
        if !wire.held.isEmpty { giveBack(wire, wire.held) }
        wire.held = []
        mail.append((.closed(wire.link, .lost("reset")), false))
    }

    private mutating func readMail() {
        guard !mail.isEmpty else { return }
        let (event, isRound) = mail.removeFirst()
        guard case .closed(let link, _) = event else { return tell(event) }
        guard isRound else { return mail.append((event, true)) }
        wires[ObjectIdentifier(link)] = nil
        tell(event)
    }

    private mutating func newWire() -> Wire {
        let wire = Wire(NamedLink("\(links.count)"))
        links.append(wire.link)
        wires[ObjectIdentifier(wire.link)] = wire
        return wire
    }

    mutating func step() {
        now = now.advanced(by: .milliseconds(roll(2_000)))
        let wire = wires.values.sorted { $0.link.name < $1.link.name }.filter { !$0.isDead }
            .randomElement(using: &chance)
        switch roll(16) {
        case 0...4: takeSome()
        case 5: raiseFence()
        case 6: answerDial()
        case 7: if let wire { mail.append((.featured(wire.link), true)) }
        case 8: if let wire { mail.append((.authorized(wire.link), true)) }
        case 9, 10: if let wire { deliver(wire) }
        case 11: if let wire, roll(3) == 0 { kill(wire) }
        case 12: if roll(4) == 0 { mail.append((.reversible(newWire().link), true)) }
        case 13: if let wire { tell(roll(2) == 0 ? .congested(wire.link) : .writable(wire.link)) }
        case 14: tell(roll(4) == 0 ? .met : .tick)
        default: if roll(3) == 0 { askSomething(over: wire) }
        }
        for _ in 0..<roll(4) { readMail() }
    }

    private mutating func takeSome() {
        let count = 1 + roll(3)
        let stanzas = (taken..<taken + count).map { message("\($0)") }
        taken += count
        tell(.take(stanzas))
    }

    private mutating func raiseFence() {
        raised += 1
        tell(.fence(passed: { [passed] in passed.count += 1 }))
    }

    private mutating func askSomething(over wire: Wire?) {
        asked += 1
        let over = ObjectIdentifier(wire?.link ?? links[0])
        tell(.ask(question("\(asked)"), over: over) { [passed] _ in passed.replies += 1 })
    }

    private mutating func answerDial() {
        guard let attempt = dialled.popLast() else { return }
        if roll(3) == 0 { return tell(.exhausted(attempt, .unreachable(.remoteServerTimeout, ""))) }
        tell(.linked(attempt, newWire().link))
    }

    private mutating func deliver(_ wire: Wire) {
        let count = min(wire.held.count, 1 + roll(3))
        delivered += wire.held.prefix(count).compactMap { $0.id.flatMap(Int.init) }
        wire.held.removeFirst(count)
    }

    /// The peer goes for good, and the time of everything passes.
    mutating func end() {
        for wire in Array(wires.values) { kill(wire) }
        for _ in 0..<200 {
            while !mail.isEmpty { readMail() }
            for wire in Array(wires.values) { kill(wire) }
            for attempt in dialled { tell(.exhausted(attempt, .timedOut)) }
            now = now.advanced(by: .seconds(10))
            tell(.tick)
        }
    }

    var isSettled: Bool { route.isVacant && wires.isEmpty }
}

struct PeerRouteSimulation {
    @Test(arguments: 0..<200)
    func `delivers in order or returns, each once, whatever happens`(seed: UInt64) {
        var simulation = PeerSimulation(seed: seed)
        for _ in 0..<400 { simulation.step() }
        simulation.end()
        #expect(simulation.isSettled)
        #expect(simulation.delivered == simulation.delivered.sorted(), "out of order")
        #expect(
            (simulation.delivered + simulation.returned).sorted() == Array(0..<simulation.taken)
        )
        #expect(simulation.passed.count == simulation.raised)
        #expect(simulation.passed.replies == simulation.asked)
        #expect(simulation.budget.queuedBytes == 0)
        #expect(simulation.budget.questions == 0)
    }
}
