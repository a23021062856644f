import MartletCore
import MartletTesting
import MartletXML
import Testing

/// What plugins may do with stanzas of other servers, before anything was done with these.
@Suite(.timeLimit(.minutes(5)))
struct ElsewhereTests {
    @Test func `a plugin drops, refuses and passes, and cannot wait`() async throws {
        try await FaultScene.with("elsewhere") { test in
            let globe = test.scene.peer(JID(prepared: nil, "globe.example", nil))
            let falstaff = JID(prepared: "falstaff", "globe.example", "inn")
            for (id, type) in [
                ("dropped", StanzaType.headline), ("refused", .groupchat), ("faulty", .normal),
                ("passed", .chat),
            ] {
                let message = Stanza(
                    .message,
                    type: type,
                    to: FaultScene.romeo,
                    from: falstaff,
                    id: id
                )
                globe.send(message)
            }
            let errors = try await Self.next(2, of: globe.stanzas)
            #expect(errors.map(\.id) == ["refused", "faulty"])
            let conditions = errors.compactMap(\.error?.condition)
            #expect(conditions == [.policyViolation, .internalServerError])
            let passed = try await Self.next(1, of: test.romeo.stanzas)
            #expect(passed.map(\.id) == ["passed"])
            for line in ["phase: 11", "session: 0", "token: 0", "account: 0", "sessions: -10"] {
                #expect(test.says(line, of: "elsewhere"), "\(test.log.lines)")
            }
        }
    }

    private static func next(
        _ count: Int,
        of stanzas: AsyncStream<Stanza>
    ) async throws -> [Stanza] {
        var found: [Stanza] = []
        for await stanza in stanzas {
            found.append(stanza)
            if found.count == count { break }
        }
        return found
    }
}
