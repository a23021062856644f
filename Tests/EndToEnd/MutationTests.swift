import MartletCore
import MartletXML
import Testing

/// Streams with random faults: the server ends them or reads them, and harms nobody (attacks 7).
@Suite(.timeLimit(.minutes(5)))
struct MutationTests {
    private static let conversation =
        RawClient.header()
        + "<auth xmlns='\(Namespace.sasl)' mechanism='SCRAM-SHA-1'>biwsbj1yb21lbyxyPWFiYw==</auth>"
        + "<iq type='set' id='b'><bind xmlns='\(Namespace.bind)'><resource>r</resource></bind></iq>"
        + "<presence><priority>1</priority></presence></stream:stream>"

    private static let stanzas =
        "<message to='juliet@capulet.example/balcony' id='1'><body>h&amp;é</body></message>"
        + "<iq type='get' id='2' to='montague.example'><query xmlns='\(Namespace.discoInfo)'/></iq>"
        + "<p:iq xmlns:p='jabber:client' type='set' id='3'><q xmlns='jabber:iq:roster'><item jid='a@b'/>"
        + "</q></p:iq><enable xmlns='\(Namespace.streamManagement)'/><r xmlns='\(Namespace.streamManagement)'/>"

    /// Changes, drops, doubles and inserts bytes at a few places.
    private static func mutate(_ text: String, _ chance: inout SplitMix) -> [UInt8] {
        let spice = Array("<>/&;'\"=:!?[]- \0\u{1}".utf8) + [0x80, 0xC0, 0xFF]
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &chance) {
            let place = bytes.indices.randomElement(using: &chance) ?? 0
            let byte = spice.randomElement(using: &chance) ?? 0
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: bytes[place] = byte
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(byte, at: place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            }
        }
        return bytes
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `strangers' mutated streams end by themselves`(seed: UInt64) async throws {
        try await withServer { server in
            var chance = SplitMix(state: seed)
            for _ in 0..<40 {
                let client = try await server.connect()
                await client.send(Self.mutate(Self.conversation, &chance))
                await client.finish()
                try await client.ended()
            }
            _ = try await server.log.first(40, "connection closed")
            #expect(server.server.connectionCount == 0)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `mutated stanzas reach others well-formed or not at all`(seed: UInt64) async throws {
        try await withServer { server in
            var chance = SplitMix(state: seed)
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            for _ in 0..<40 {
                let romeo = try await server.login("romeo@montague.example")
                await romeo.send(Self.mutate(Self.stanzas, &chance))
                await romeo.finish()
                try await romeo.ended()
            }
            await juliet.send(
                "<iq type='get' id='last' to='capulet.example'><x xmlns='urn:x'/></iq>"
            )
            while try await juliet.element()["id"] != "last" {}
        }
    }
}

/// Chance that a seed repeats (Steele, Lea and Flood: Fast Splittable Pseudorandom Number
/// Generators, 2014).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
