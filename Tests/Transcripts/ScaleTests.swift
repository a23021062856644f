import MartletClient
import MartletCore
import MartletNet
import MartletTesting
import Testing

/// Many domains, and many users who talk at once.
@Suite struct ScaleTests {
    @Test(.timeLimit(.minutes(5)))
    func `ten thousand domains start in seconds, and each is its own`() async throws {
        let names = (0..<10_000).map { "d\($0).example" }
        let start = ContinuousClock.now
        let scene = try await Scene(domains: names)
        let taken = start.duration(to: .now)
        // Quadratic work would take hours; whether others have the processors meanwhile is not the point.
        #expect(taken < .seconds(120))
        let romeo = try await scene.enter(try JID("romeo@d0.example/a"))
        let other = try await scene.enter(try JID("romeo@d9999.example/a"))
        await romeo.send("hello", to: try JID("romeo@d9999.example/a"))
        var received = other.stanzas.makeAsyncIterator()
        let message = await received.next()
        #expect(message?.from == (try JID("romeo@d0.example/a")))
        #expect(message?.child("body", in: "jabber:client")?.text == "hello")
        await scene.end()
    }

    private static let users = 200
    private static let messages = 20

    private static func user(_ number: Int) throws -> JID {
        let domain = number.isMultiple(of: 2) ? "montague.example" : "capulet.example"
        return try JID("u\(number)@\(domain)/a")
    }

    /// Each user writes to three others by turns.
    private static func contacts(of number: Int) -> [Int] {
        [1, 7, 100].map { (number + $0) % users }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what one user sends another arrives in order, whatever shards they live on`()
        async throws
    {
        let scene = try await Scene { $0.shards = 4 }
        var clients: [Client] = []
        for number in 0..<Self.users { clients.append(try await scene.enter(Self.user(number))) }
        for (number, client) in clients.enumerated() {
            for count in 0..<Self.messages {
                for contact in Self.contacts(of: number) {
                    await client.send("\(count)", to: try Self.user(contact))
                }
            }
        }
        for client in clients {
            let counts = await Self.counts(of: client)
            #expect(counts.count == 3)
            for sequence in counts.values { #expect(sequence == Array(0..<Self.messages)) }
        }
        await scene.end()
    }

    /// By sender, what the client was sent until it has all.
    private static func counts(of client: Client) async -> [JID: [Int]] {
        var counts: [JID: [Int]] = [:]
        var outstanding = 3 * messages
        for await stanza in client.stanzas {
            let text = stanza.child("body", in: "jabber:client")?.text ?? ""
            if let from = stanza.from { counts[from, default: []].append(Int(text) ?? -1) }
            outstanding -= 1
            if outstanding == 0 { break }
        }
        return counts
    }
}
