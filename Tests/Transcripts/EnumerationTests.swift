import MartletCore
import MartletNet
import MartletTesting
import MartletXML
import Testing

/// Strangers do not learn from requests which accounts there are (attacks: user enumeration).
@Suite struct EnumerationTests {
    private static let payloads = [
        Element("query", in: Namespace.roster),
        Element("query", in: Namespace.roster) {
            $0.element("item", in: Namespace.roster, ["jid": "a@capulet.example"])
        },
        Element("query", in: Namespace.roster, ["ver": "1"]),
        Element("query", in: Namespace.discoInfo),
        Element("query", in: Namespace.discoInfo, ["node": "urn:example:node"]),
        Element("query", in: Namespace.discoItems),
        Element("query", in: Namespace.discoItems, ["node": "urn:example:node"]),
        Element("session", in: Namespace.session),
        Element("ping", in: "urn:xmpp:ping"),
        Element("vCard", in: "vcard-temp"),
        Element("ask", in: "urn:example:ask"),
    ]

    /// RFC 6121 §8.5.1: the answer of an account that is not there is that of every account.
    @Test(arguments: [StanzaType.get, .set], ["juliet", "nurse", "romeo"])
    func `a stranger's request gets one answer`(type: StanzaType, name: String) async throws {
        let scene = try await Scene()
        let mercutio = try await scene.enter(try JID("mercutio@montague.example/square"))
        let juliet = try await scene.enter(try JID("juliet@capulet.example/balcony"))
        await juliet.sendPresence()
        try await scene.enroll(try JID("nurse@capulet.example"))
        let account = try JID("\(name)@capulet.example")
        for payload in Self.payloads {
            let answer = try await mercutio.request(type, to: account, payload)
            #expect(answer.type == .error)
            #expect(answer.from == account)
            #expect(answer.error == .serviceUnavailable, "\(payload)")
            #expect(answer.element.children.map(\.name) == [payload.name, "error"])
        }
        await scene.end()
    }
}
