import MartletClient
import MartletCore
import MartletStreams
import MartletTesting
import MartletXML
import Testing

/// A client against a whole server in memory.
@Suite(.timeLimit(.minutes(5)))
struct RequestTests {
    private func inScene(_ work: (Scene) async throws -> Void) async throws {
        let scene = try await Scene()
        await #expect(throws: Never.self) { try await work(scene) }
        await scene.end()
    }

    private func jid(_ text: String) throws -> JID { try JID(text) }

    private let info = Element("query", in: Namespace.discoInfo)

    @Test func `knows the address that it was given`() async throws {
        try await inScene { scene in
            let wanted = try jid("romeo@montague.example/balcony")
            let romeo = try await scene.enter(wanted)
            #expect(await romeo.jid == wanted)
            let other = try await scene.enter(wanted.bare)
            #expect(await other.jid?.bare == wanted.bare)
            #expect(await other.jid?.resourcepart?.isEmpty == false)
        }
    }

    @Test func `is answered by the one it asks`() async throws {
        try await inScene { scene in
            let romeo = try await scene.enter(try jid("romeo@montague.example/balcony"))
            let domain = try jid("montague.example")
            let answer = try await romeo.request(.get, to: domain, info)
            #expect(answer.type == .result && answer.from == domain)
            #expect(answer.element.child("query", in: Namespace.discoInfo) != nil)
        }
    }

    @Test func `is given errors as answers`() async throws {
        try await inScene { scene in
            let romeo = try await scene.enter(try jid("romeo@montague.example/balcony"))
            let song = Element("song", in: "urn:example:song")
            let answer = try await romeo.request(.get, to: try jid("montague.example"), song)
            #expect(answer.type == .error)
            #expect(
                answer.element.child("error").map(StanzaError.init)?.condition
                    == .serviceUnavailable
            )
        }
    }

    @Test func `asks many things at once and mixes up none`() async throws {
        try await inScene { scene in
            let romeo = try await scene.enter(try jid("romeo@montague.example/balcony"))
            let names = ["montague.example", "capulet.example"]
            let senders = try await withThrowingTaskGroup(of: (String, JID?).self) { group in
                for index in 0..<100 {
                    let name = names[index % 2]
                    let to = try jid(name)
                    group.addTask { (name, try await romeo.request(.get, to: to, info).from) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(senders.count == 100)
            #expect(senders.allSatisfy { $0.0 == $0.1?.description })
        }
    }

    /// Whoever guesses an id is not the one who was asked.
    @Test func `believes nobody who was not asked`() async throws {
        try await inScene { scene in
            let asked = try jid("juliet@capulet.example/balcony")
            try await scene.befriend(asked, try jid("romeo@montague.example"))
            let romeo = try await scene.enter(try jid("romeo@montague.example/balcony"))
            let juliet = try await scene.enter(asked)
            let tybalt = try await scene.enter(try jid("tybalt@capulet.example/street"))
            let forger = try await required(tybalt.jid)
            await juliet.sendPresence()
            await romeo.sendPresence()
            async let answer = romeo.request(.get, to: asked, info)
            var questions = juliet.stanzas.makeAsyncIterator()
            var question = await questions.next()
            while let other = question, other.kind != .iq { question = await questions.next() }
            let id = try required(question?.id)
            let romeoJID = try await required(romeo.jid)
            await tybalt.send(Stanza(.iq, type: .result, to: romeoJID, id: id))
            var told = romeo.stanzas.makeAsyncIterator()
            while let next = await told.next(), next.from != forger {}
            await juliet.send(Stanza(.iq, type: .result, to: romeoJID, id: id))
            #expect(try await answer.from == asked)
        }
    }

    private func required<Value>(_ value: Value?) throws -> Value { try #require(value) }

    @Test func `tells who still waits that the stream ended`() async throws {
        try await inScene { scene in
            try await scene.befriend(
                try jid("juliet@capulet.example"),
                try jid("romeo@montague.example")
            )
            let romeo = try await scene.enter(try jid("romeo@montague.example/balcony"))
            let juliet = try await scene.enter(try jid("juliet@capulet.example/balcony"))
            await juliet.sendPresence()
            let to = try await required(juliet.jid)
            // She is asked, and never answers.
            let asking = Task { try await romeo.request(.get, to: to, info) }
            for await stanza in juliet.stanzas where stanza.kind == .iq { break }
            _ = await romeo.cut()
            await #expect(throws: ClientFault.self) { try await asking.value }
            await #expect(throws: ClientFault.self) {
                try await romeo.request(.get, to: to, info)
            }
            for await _ in romeo.stanzas {}
            #expect(await romeo.fault != nil)
        }
    }

    @Test func `says goodbye and is gone`() async throws {
        try await inScene { scene in
            let romeo = try await scene.enter(try jid("romeo@montague.example/balcony"))
            await romeo.close()
            await romeo.close()
            for await _ in romeo.stanzas {}
        }
    }

    @Test func `is told why the server ended the stream`() async throws {
        try await inScene { scene in
            let romeo = try await scene.enter(try jid("romeo@montague.example/balcony"))
            await romeo.send(raw: Array("<?evil?>".utf8))
            for await _ in romeo.stanzas {}
            #expect(await romeo.fault == .stream(StreamError(.restrictedXML)))
        }
    }
}
