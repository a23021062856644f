import MartletClient
import MartletCore
import MartletStorage
import MartletTesting
import MartletXML
import Testing

/// XEP-0313 §4.1.1: messages with one resource, in a conversation of several steps of the store.
@Suite(.timeLimit(.minutes(5))) struct ArchiveResourceTests {
    private static let romeo = "romeo@montague.example/orchard"
    private static let juliet = "juliet@capulet.example"

    /// 250 messages with Juliet: every fifth with her balcony, in turn to her and from her.
    private static func withConversation(
        _ body: (Client) async throws -> Void
    ) async throws {
        let scene = try await Scene(plugins: ["mam": "{}"])
        let client = try await scene.enter(JID(romeo))
        let owner = Owner(try JID(romeo).bare)
        for number in 0..<250 {
            let peer = juliet + (number % 5 == 0 ? "/balcony" : "/chamber")
            let (from, to) = number % 2 == 0 ? (peer, romeo) : (romeo, peer)
            let text = """
                <message xmlns='jabber:client' type='chat' from='\(from)' to='\(to)'>\
                <body>\(number)</body></message>
                """
            let time = Timestamp(microseconds: Int64(number + 1) * 1_000_000)
            let entry = NewLogEntry(time: time, columns: ["with": juliet], value: Array(text.utf8))
            _ = try await scene.store.append([entry], to: "archive", of: owner)
        }
        do {
            try await body(client)
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }

    /// What a page has, as the numbers of its messages, and what is said of the page.
    private static func page(
        _ client: Client,
        with peer: String = juliet + "/balcony",
        _ set: String
    ) async throws -> (numbers: [Int], fin: Element) {
        let query = try Element.parse(
            """
            <query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>\
            <field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>\
            <field var='with'><value>\(peer)</value></field></x>\
            <set xmlns='http://jabber.org/protocol/rsm'>\(set)</set></query>
            """
        )
        await client.send(
            Stanza(.iq, type: .set, to: nil, id: "page") { $0.append(query) }
        )
        var numbers: [Int] = []
        for await stanza in client.stanzas {
            if stanza.id == "page" { return (numbers, try #require(stanza.payload)) }
            let forwarded = stanza.payload?.firstChild
            let message = forwarded?.children.first { $0.name == "message" }
            if let number = message?.firstChild.flatMap({ Int($0.text) }) { numbers.append(number) }
        }
        return (numbers, try #require(nil as Element?))
    }

    private static let all = Array(stride(from: 0, to: 250, by: 5))

    @Test func `pages forwards and backwards are whole`() async throws {
        try await Self.withConversation { client in
            for (direction, isForwards) in [("after", true), ("before", false)] {
                var (seen, last): ([Int], String) = ([], isForwards ? "" : "<before/>")
                var isComplete = false
                while !isComplete {
                    let (numbers, fin) = try await Self.page(client, "<max>20</max>" + last)
                    #expect(numbers.count <= 20)
                    seen = isForwards ? seen + numbers : numbers + seen
                    isComplete = fin.attribute("complete") == "true"
                    let end = fin.firstChild?.children.first {
                        $0.name == (isForwards ? "last" : "first")
                    }
                    last = "<\(direction)>\(try #require(end).text)</\(direction)>"
                }
                #expect(seen == Self.all)
            }
        }
    }

    @Test func `all are counted, wherever a page would begin`() async throws {
        try await Self.withConversation { client in
            let (numbers, fin) = try await Self.page(client, "<max>0</max>")
            #expect(numbers.isEmpty)
            #expect(fin.firstChild?.children.first { $0.name == "count" }?.text == "50")
            let nobody = try await Self.page(
                client,
                with: Self.juliet + "/nowhere",
                "<max>10</max>"
            )
            #expect(nobody.numbers.isEmpty)
            #expect(nobody.fin.attribute("complete") == "true")
        }
    }
}
