import MartletServer
import Testing

struct ConfigurationMutationTests {
    private let text = """
        {
            "listeners": [{ "address": "127.0.0.1", "port": 5222, "tls": "starttls" }],
            "domains": { "montague.example": { "limits": { "rosterItems": 20 }, "anonymous": true } },
            "limits": { "stanzaBytes": 1e5, "loginSeconds": 30 },
            "storage": { "path": { "env": "DATABASE" } },
            "plugins": { "ping": { "text": "\\ud83d\\ude00 \\"é\\"" } }
        }
        """

    /// Bytes are changed, removed and doubled; a fault is told with a place that is in the file.
    @Test(arguments: 0..<20) func `survives whatever stands in the file`(seed: UInt64) {
        var chance = Chance(state: seed)
        for _ in 0..<50 {
            var bytes = Array(text.utf8)
            for _ in 0...Int.random(in: 0..<4, using: &chance) { mutate(&bytes, &chance) }
            let mutated = String(decoding: bytes, as: UTF8.self)
            do throws(ConfigError) {
                _ = try Configuration(mutated, environment: ["DATABASE": "elsewhere.db"])
            } catch {
                let lines = mutated.utf8.split(separator: 10, omittingEmptySubsequences: false)
                #expect((1...lines.count).contains(error.line), "seed \(seed): \(mutated)")
                #expect(error.column >= 1 && !error.reason.isEmpty, "seed \(seed): \(mutated)")
            }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ chance: inout Chance) {
        let place = Int.random(in: 0..<bytes.count, using: &chance)
        switch Int.random(in: 0..<4, using: &chance) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &chance)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
        default:
            bytes[place] = Array("{}[]\",:\\u019eE+-.tfn\n".utf8).randomElement(using: &chance) ?? 0
        }
    }

    /// SplitMix64, so that a seed makes the same texts everywhere.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
