import MartletCore
import MartletXML
import Testing

@testable import MartletRouter

@Suite struct PhaseTableTests {
    private func entry(_ match: String, _ priority: Int = 0, _ name: String) throws
        -> PhaseEntry
    {
        PhaseEntry(
            match: try Match(match),
            priority: priority,
            name: name,
            .function(FunctionHandler { _, _, _ in .continue })
        )
    }

    private func stanza(_ xml: String) throws -> Stanza {
        try Stanza(try Element.parse(xml))
    }

    @Test func `the highest priority acts first`() throws {
        let entries = try [
            entry("message", -5, "last"), entry("message", 100, "first"),
            entry("message", 0, "middle"),
        ]
        let table = try PhaseTable(entries.map { (.delivery, $0) })
        let message = try stanza("<message/>")
        #expect(
            table.candidates(at: .delivery, for: message)
                .map { $0.entry.name } == [
                    "first", "middle", "last",
                ]
        )
        #expect(table.candidates(at: .received, for: message).isEmpty)
    }

    @Test func `a tie is refused, and names both`() throws {
        let entries = try [entry("presence", 3, "one"), entry("presence", 3, "other")]
        let conflict = #expect(throws: PhaseConflict.self) {
            try PhaseTable(entries.map { (.received, $0) })
        }
        #expect(conflict?.first == "one" && conflict?.second == "other")
        #expect(conflict?.phase == .received)
    }

    @Test func `one match and priority may stand in two phases, and at two priorities`() throws {
        let one = try entry("presence", 3, "one")
        let other = try entry("presence", 4, "other")
        _ = try PhaseTable([(.received, one), (.delivery, one), (.received, other)])
    }

    @Test(arguments: 0..<50)
    func `the index finds what asking everybody finds`(seed: UInt64) throws {
        var random = SplitMix(seed)
        var entries: [PhaseEntry] = []
        for priority in 0..<20 {
            let match = Self.randomMatch(using: &random)
            entries.append(try entry(match, priority, "\(priority) \(match)"))
        }
        let table = try PhaseTable(entries.map { (.account, $0) })
        for _ in 0..<100 {
            let stanza = try stanza(Self.randomStanza(using: &random))
            let found = table.candidates(at: .account, for: stanza)
                .filter { $0.wants(stanza) }.map { $0.entry.name }
            let all = entries.reversed().filter { $0.match.matches(stanza.element) }.map(\.name)
            #expect(found == all)
        }
    }

    private static func randomMatch(using random: inout SplitMix) -> String {
        let count = Int.random(in: 1...3, using: &random)
        return (0..<count).map { _ in randomAlternative(using: &random) }.joined(separator: "|")
    }

    private static func randomAlternative(using random: inout SplitMix) -> String {
        let root = pick(["iq", "iq", "message", "presence", "*"], &random)
        let type = pick(
            [
                "", "[@type='get']", "[@type='set']", "[@type='chat' or @type='error']",
                "[@type='odd']",
            ],
            &random
        )
        let payload = pick(
            ["", "/{urn:a}x", "/{urn:b}x", "/{urn:b}y", "/{urn:c}*", "/body", "/*"],
            &random
        )
        return root + type + payload
    }

    private static func randomStanza(using random: inout SplitMix) -> String {
        let name = pick(["iq", "iq", "message", "presence"], &random)
        let payload =
            "<\(pick(["x", "y"], &random)) xmlns='urn:\(pick(["a", "b", "c", "d"], &random))'/>"
        guard name == "iq" else {
            let other = Bool.random(using: &random) ? "<y xmlns='urn:b'/><body>b</body>" : ""
            let kind = pick(["", " type='chat'", " type='error'", " type='odd'"], &random)
            return "<\(name)\(name == "message" ? kind : "")>\(payload)\(other)</\(name)>"
        }
        let type = pick(["get", "set", "result", "error"], &random)
        if type == "error" { return "<iq id='1' type='error'>\(payload)<x xmlns='urn:b'/></iq>" }
        let content = type == "result" && Bool.random(using: &random) ? "" : payload
        return "<iq id='1' type='\(type)'>\(content)</iq>"
    }

    private static func pick(_ choices: [String], _ random: inout SplitMix) -> String {
        choices.randomElement(using: &random) ?? ""
    }
}

/// A seed's numbers (SplitMix64), so that a failure can be played again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
