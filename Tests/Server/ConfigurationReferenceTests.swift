import MartletServer
import Testing

struct ConfigurationReferenceTests {
    @Test func `has one entry a key, each with a sentence`() {
        let entries = Configuration.reference
        #expect(entries.count > 50)
        #expect(Set(entries.map(\.path)).count == entries.count)
        for entry in entries {
            #expect(entry.meaning.hasSuffix("."), "\(entry.path)")
            #expect(!entry.type.isEmpty && !entry.value.isEmpty, "\(entry.path)")
        }
    }

    @Test(arguments: Configuration.reference.filter { !$0.value.hasPrefix("(") })
    func `shows defaults that change nothing when they are written`(
        entry: ConfigurationEntry
    ) throws {
        var text = entry.value
        for step in entry.path.split(separator: ".").reversed() {
            switch step {
            case "<domain>": text = #"{"localhost": \#(text)}"#
            case "<server>": text = #"{"verona.example": \#(text)}"#
            case "<component>":
                text = #"{"irc.example": {"secret": "s", \#(text.dropFirst())}"#
            case "listeners[]": text = #"{"listeners": [\#(text)]}"#
            default: text = #"{"\#(step)": \#(text)}"#
            }
        }
        var expected = try Configuration("{}")
        // The usual listeners without those for direct TLS and for servers.
        if entry.path.hasPrefix("listeners[]") { expected.settings.listeners.removeLast(4) }
        if entry.path.contains("<server>") {
            expected.settings.s2s.peers["verona.example"] = PeerSettings()
        }
        if entry.path.contains("<component>") {
            let settings = ComponentSettings(secret: Secret(Array("s".utf8)))
            expected.settings.components["irc.example"] = settings
        }
        #expect(try Configuration(text) == expected)
    }

    @Test func `knows every limit of federation`() {
        // What is not counted here is read under another name, as a bound within.
        let pairs = Mirror(reflecting: S2SLimits().pairs).children.count
        let limits = Mirror(reflecting: S2SLimits()).children.count - 1 + pairs
        let paths = Configuration.reference.map(\.path)
        #expect(paths.filter { $0.hasPrefix("s2s.limits.") }.count == limits)
        let secret = Secret(Array("s".utf8))
        let component = Mirror(reflecting: ComponentSettings(secret: secret)).children.count
        #expect(paths.filter { $0.hasPrefix("components.") }.count == component)
        let peer = Mirror(reflecting: PeerSettings()).children.count
        #expect(paths.filter { $0.hasPrefix("s2s.peers.") }.count == peer)
    }

    @Test func `is a table for README`() {
        let lines = Configuration.referenceTable.split(separator: "\n")
        #expect(lines.count == Configuration.reference.count + 2)
        for line in lines { #expect(line.split(separator: "|").count == 5, "\(line)") }
        let row = lines.first { $0.hasPrefix("| `limits.rosterItems` ") }
        #expect(
            row == """
                | `limits.rosterItems` | whole number from 1 to 10000000 | `5000` | Contacts of one \
                account; past it `resource-constraint`. | reload |
                """
        )
    }
}
