import MartletCore
import MartletXML
import Testing

/// More than the limits allow, before login and after it (attacks 8–11).
@Suite(.timeLimit(.minutes(5)))
struct LimitTests {
    static func nested(_ depth: Int) -> String { String(repeating: "<a>", count: depth) }

    static func many(_ count: Int, _ attribute: (Int) -> String) -> String {
        "<message><a " + (0..<count).map(attribute).joined(separator: " ") + "/></message>"
    }

    static let excesses = [
        "<message>" + nested(100_000),
        "<message><a>" + String(repeating: "<b/>", count: 11_000) + "</a></message>",
        many(100_000) { "a\($0)='v'" },
        many(10_000) { "xmlns:p\($0)='urn:\($0)'" },
        many(40) { "a\($0)='\(String(repeating: "v", count: 300))'" },
        "<message><\(String(repeating: "n", count: 2_000))/></message>",
        "<message><body>" + String(repeating: "x", count: 300_000) + "</body></message>",
        "<message><body>" + String(repeating: "<![CDATA[x]]>", count: 30_000) + "</body></message>",
        "<message to='" + String(repeating: "x", count: 300_000) + "'/>",
    ]

    @Test(arguments: excesses.indices)
    func `a bound client over a limit is cut off`(index: Int) async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            await romeo.send(Self.excesses[index])
            try await romeo.expectStreamError("policy-violation")
            #expect(server.log.lines("stream error").count == 1)
        }
    }

    @Test
    func `the largest stanza that is allowed is delivered`() async throws {
        try await withServer { server in
            let romeo = try await server.login("romeo@montague.example")
            let juliet = try await server.login("juliet@capulet.example", resource: "balcony")
            let body = String(repeating: "x", count: 262_144 - 200)
            await romeo.send(
                "<message to='juliet@capulet.example/balcony'><body>\(body)</body></message>"
            )
            let message = try await juliet.expect("message/body")
            #expect(message.child("body")?.text.utf8.count == body.utf8.count)
        }
    }

    @Test(arguments: [
        "<auth xmlns='\(Namespace.sasl)' mechanism='PLAIN'>" + String(repeating: "A", count: 9_000),
        "<message>" + nested(9),
        "<message>" + String(repeating: "<a/>", count: 40) + "</message>",
    ])
    func `strangers are allowed less`(bytes: String) async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.send(bytes)
            try await client.expectStreamError("policy-violation")
        }
    }

    @Test
    func `the limit is told to those who logged in`() async throws {
        try await withServer { server in
            let client = try await server.stream()
            let features = try await client.authenticate(as: JID("romeo@montague.example"))
            let limits = features.child("limits", in: Namespace.limits)
            #expect(limits?.child("max-bytes", in: Namespace.limits)?.text == "262144")
            let namespaces = features.children.map(\.namespace)
            #expect(Set(namespaces).count == namespaces.count, "each feature once")
        }
    }
}
