import MartletCore
import MartletNet
import MartletStreams
import Synchronization

@testable import MartletServer

/// A stream between servers that only has a name, and writes down what it is told.
final class NamedLink: PeerLink {
    let name: String
    let shard: Shard
    private let heard = Mutex<[String]>([])
    private let quiet = Mutex<ShardInstant?>(nil)

    /// A shard for those that are never called.
    private static let nowhere = Shard(index: 0, clock: ManualClock())

    init(_ name: String, on shard: Shard? = nil) {
        self.name = name
        self.shard = shard ?? Self.nowhere
    }

    /// What it was told since this was asked last.
    func taken() -> [String] {
        heard.withLock { heard in
            defer { heard = [] }
            return heard
        }
    }

    private func note(_ text: String) {
        heard.withLock { $0.append(text) }
    }

    var quietSince: ShardInstant? {
        get { quiet.withLock { $0 } }
        set { quiet.withLock { $0 = newValue } }
    }

    func write(_ stanzas: [Stanza], for pair: DomainPair) { note("write \(names(stanzas))") }
    func want(_ pair: DomainPair) { note("want \(pair)") }
    func ask(_ question: DialbackQuestion) { note("ask \(question.key)") }
    func afterFlush(_ passed: @escaping @Sendable () -> Void) { passed() }
    func afterArrival(_ passed: @escaping @Sendable () -> Void) { note("arrive") }
    func end(_ error: StreamError?) { note("end \(error?.condition.rawValue ?? "")") }
}

func names(_ stanzas: [Stanza]) -> String { stanzas.map { $0.id ?? "?" }.joined(separator: " ") }

/// The pair of the cast: from ours to the peer's.
let montagueToCapulet = DomainPair(
    sender: JID(prepared: nil, "montague.example"),
    target: JID(prepared: nil, "capulet.example")
)

/// A message from Romeo, who is ours, to Juliet, who is not.
func message(_ id: String, to domain: String = "capulet.example", body: Int = 0) -> Stanza {
    Stanza(
        .message,
        type: .chat,
        to: JID(prepared: "juliet", domain),
        from: JID(prepared: "romeo", "montague.example", "orchard"),
        id: id
    ) { message in
        guard body > 0 else { return }
        message.element("body") { $0.text(String(repeating: "x", count: body)) }
    }
}

/// What Capulet's server claims by a key, to be verified by Capulet's server.
func question(_ key: String) -> DialbackQuestion {
    DialbackQuestion(pair: montagueToCapulet.reversed, streamID: "s1", key: key)
}

/// A route, its time, and what it says in words.
final class RouteStage {
    var route: PeerRoute
    var now = ShardInstant(nanoseconds: 0)
    private let said = Said()

    private final class Said: Sendable {
        let words = Mutex<[String]>([])

        func say(_ word: String) {
            words.withLock { $0.append(word) }
        }

        func taken() -> String {
            words.withLock { words in
                defer { words = [] }
                return words.joined(separator: " ")
            }
        }
    }

    init(_ budget: S2SBudget = S2SBudget(), _ change: (inout S2SLimits) -> Void = { _ in }) {
        var limits = S2SLimits()
        change(&limits)
        route = PeerRoute(PeerRules(limits, budget: budget), seed: 1, at: now)
    }

    func hear(_ event: PeerRoute.Event) -> [String] {
        route.receive(event, at: now).map(describe)
    }

    /// Moves the clock, and wakes the route as often as it asks for on the way.
    func pass(_ time: Duration) -> [String] {
        let end = now.advanced(by: time)
        var words: [String] = []
        while let wake = route.nextWake, wake <= end {
            now = max(now, wake)
            words += hear(.tick)
            guard route.nextWake.map({ $0 > now }) ?? true else { break }
        }
        now = end
        return words
    }

    func take(_ ids: String...) -> [String] { hear(.take(ids.map { message($0) })) }

    func fence(_ name: String) -> [String] {
        hear(.fence(passed: { [said] in said.say(name) }))
    }

    func ask(_ key: String, over link: NamedLink) -> [String] {
        hear(
            .ask(question(key), over: ObjectIdentifier(link)) { [said] in said.say("\(key) \($0)") }
        )
    }

    /// Opens a stream for a stanza, which it takes.
    func opened(_ name: String) -> NamedLink {
        let link = NamedLink(name)
        _ = take("first")
        _ = hear(.linked(1, link))
        _ = hear(.authorized(link))
        return link
    }

    private func describe(_ action: PeerRoute.Action) -> String {
        switch action {
        case .dial(let attempt, let isFresh): return "dial \(attempt)\(isFresh ? " fresh" : "")"
        case .dialNext(let attempt, _): return "next \(attempt)"
        case .forget(let attempt): return "forget \(attempt)"
        case .want(let link): return "want \(name(link))"
        case .write(let link, let stanzas): return "write \(name(link)): \(names(stanzas))"
        case .ask(let link, let question): return "ask \(name(link)): \(question.key)"
        case .reply(let reply, let outcome):
            reply(outcome)
            return "reply \(said.taken())"
        case .bounce(let stanzas, let fault, let mayHaveArrived):
            return "bounce\(mayHaveArrived ? "?" : "") \(names(stanzas)): \(fault)"
        case .pass(let passed):
            passed()
            return "pass \(said.taken())"
        case .inspect(let link): return "inspect \(name(link))"
        case .end(let link, let error):
            return "end \(name(link))" + (error.map { ": \($0.condition.rawValue)" } ?? "")
        }
    }

    private func name(_ link: any PeerLink) -> String { (link as? NamedLink)?.name ?? "?" }
}

/// Chance that a seed repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
