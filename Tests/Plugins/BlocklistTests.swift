import MartletClient
import MartletCore
import MartletTesting
import MartletXML
import Testing

/// XEP-0191 with as many entries as the settings allow.
@Suite struct BlocklistTests {
    @Test(.timeLimit(.minutes(5)))
    func `ten thousand entries are taken, and not one more`() async throws {
        let scene = try await Scene(plugins: ["blocking": "{}"])
        let juliet = try await scene.enter(JID("juliet@capulet.example/chamber"))
        for portion in 0..<4 {
            let answer = try await juliet.request(.set, Self.block(portion * 2_500, count: 2_500))
            #expect(answer.type == .result)
        }
        let one = try await juliet.request(.set, Self.block(10_000, count: 1))
        #expect(one.type == .error)
        await scene.end()
    }

    private static let namespace = "urn:xmpp:blocking"

    private static func block(_ first: Int, count: Int) -> Element {
        Element("block", in: namespace) { block in
            for number in first..<(first + count) {
                block.element("item", in: namespace, ["jid": "romeo\(number)@montague.example"])
            }
        }
    }
}
