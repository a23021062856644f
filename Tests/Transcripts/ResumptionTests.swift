import MartletClient
import MartletCore
import MartletCrypto
import MartletNet
import MartletTesting
import MartletXML
import Testing

/// Who may resume what (XEP-0198 §5), and what the server says it can (XEP-0115).
@Suite struct ResumptionTests {
    private let romeo = "romeo@montague.example/orchard"

    @Test func `a session is resumed by the one who comes last`() async throws {
        let scene = try await Scene()
        let first = try await scene.enter(try JID(romeo), managed: true)
        let earlier = await first.cut()
        let second = try await scene.enter(try JID(romeo), managed: true, resuming: earlier)
        let third = try await scene.enter(try JID(romeo), managed: true, resuming: earlier)
        #expect(await second.isResumed)
        #expect(await third.isResumed)
        for await _ in second.stanzas {}
        guard case .stream(let error) = await second.fault else {
            Issue.record("the second stream did not end with an error")
            return
        }
        #expect(error.condition == .conflict)
        await scene.end()
    }

    @Test func `a session whose time is over is not resumed, and another is bound`() async throws {
        let scene = try await Scene(clock: ManualClock())
        let first = try await scene.enter(try JID(romeo), managed: true)
        let earlier = await first.cut()
        for await _ in first.stanzas {}
        try await scene.pass(.seconds(301))
        let second = try await scene.enter(try JID(romeo), managed: true, resuming: earlier)
        #expect(await second.isResumed == false)
        #expect(await second.jid == (try JID(romeo)))
        await scene.end()
    }

    @Test func `another account's session is not resumed`() async throws {
        let scene = try await Scene()
        let victim = try await scene.enter(try JID(romeo), managed: true)
        let stolen = await victim.cut()
        let thief = try JID("tybalt@montague.example/sword")
        let client = try await scene.enter(thief, managed: true, resuming: stolen)
        #expect(await client.isResumed == false)
        #expect(await client.jid == thief)
        await scene.end()
    }

    @Test func `capabilities are the hash of what the server answers`() async throws {
        let scene = try await Scene()
        let client = try await scene.enter(try JID(romeo))
        let domain = try JID("montague.example")
        let query = Element("query", in: Namespace.discoInfo)
        let info = try await client.request(.get, to: domain, query)
        let text = Self.verificationString(of: try #require(info.payload))
        let version = Base64.encode(HashFunction.sha1.hash(Array(text.utf8)))
        let node = "https://martlet.example/#\(version)"
        let byNode = Element("query", in: Namespace.discoInfo, ["node": node])
        let answer = try await client.request(.get, to: domain, byNode)
        #expect(answer.type == .result)
        #expect(answer.payload?.attribute("node") == node)
        await scene.end()
    }

    /// XEP-0115 §5.1, from the answer's side.
    private static func verificationString(of info: Element) -> String {
        var lines: [String] = []
        for child in info.children where child.name == "identity" {
            let parts = ["category", "type", "lang", "name"].map { child.attribute($0) ?? "" }
            lines.append(parts.joined(separator: "/"))
        }
        let features = info.children.filter { $0.name == "feature" }
            .map { $0.attribute("var") ?? "" }
        return (lines.sorted() + features.sorted()).map { $0 + "<" }.joined()
    }
}
