import MartletCore
import Synchronization

/// What all pools of the process have together of room, counted.
final class S2SBudget: Sendable {
    private let queued = Atomic<Int>(0)
    private let asked = Atomic<Int>(0)

    /// Bytes that wait for peers.
    var queuedBytes: Int { queued.load(ordering: .relaxed) }
    /// Dialback questions under way.
    var questions: Int { asked.load(ordering: .relaxed) }

    /// Takes room for bytes, unless there is none within the limit.
    func admit(_ bytes: Int, within limit: Int) -> Bool {
        Self.add(bytes, to: queued, within: limit)
    }

    /// Takes room, or gives it back, whatever the limit.
    func charge(_ bytes: Int) {
        queued.wrappingAdd(bytes, ordering: .relaxed)
    }

    func beginQuestion(within limit: Int) -> Bool { Self.add(1, to: asked, within: limit) }

    func endQuestion() {
        asked.wrappingAdd(-1, ordering: .relaxed)
    }

    private static func add(_ count: Int, to sum: borrowing Atomic<Int>, within limit: Int) -> Bool
    {
        let new = sum.wrappingAdd(count, ordering: .relaxed).newValue
        if new <= limit { return true }
        sum.wrappingAdd(-count, ordering: .relaxed)
        return false
    }
}

/// The bounds that routes keep; another one is put in its place when the settings change.
final class PeerRules: Sendable {
    let limits: S2SLimits
    let budget: S2SBudget

    init(_ limits: S2SLimits = S2SLimits(), budget: S2SBudget = S2SBudget()) {
        self.limits = limits
        self.budget = budget
    }
}

/// What waits for one pair, in order, within the bounds of the pair and of the process.
///
/// Empty it holds no memory. It must be emptied before it goes, or its room is never given back.
struct PeerQueue {
    /// What a stanza takes beside its text: the objects around it.
    static let overhead = 256

    private var stanzas: [Stanza] = []
    /// How many at the front came back from a stream that ended.
    private var returned = 0
    private(set) var byteCount = 0

    var count: Int { stanzas.count }
    var isEmpty: Bool { stanzas.isEmpty }

    static func cost(of stanza: Stanza) -> Int { stanza.element.byteCount + overhead }

    /// Puts one behind the others, unless there is no room.
    mutating func append(_ stanza: Stanza, _ rules: PeerRules) -> Bool {
        let (cost, limits) = (Self.cost(of: stanza), rules.limits)
        guard count < limits.queueStanzas, byteCount + cost <= limits.queueBytes,
            rules.budget.admit(cost, within: limits.totalQueueBytes)
        else { return false }
        stanzas.append(stanza)
        byteCount += cost
        return true
    }

    /// Puts back what a stream did not write: before all that never left, behind what came back before.
    mutating func putBack(_ unwritten: [Stanza], _ rules: PeerRules) {
        let cost = unwritten.reduce(0) { $0 + Self.cost(of: $1) }
        rules.budget.charge(cost)
        byteCount += cost
        stanzas.insert(contentsOf: unwritten, at: returned)
        returned += unwritten.count
    }

    mutating func takeAll(_ rules: PeerRules) -> [Stanza] {
        rules.budget.charge(-byteCount)
        defer { self = PeerQueue() }
        return stanzas
    }
}
