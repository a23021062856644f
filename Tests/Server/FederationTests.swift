import MartletCore
import MartletStreams
import Synchronization
import Testing

@testable import MartletServer

/// Two whole servers, their users, and what becomes of what those write to each other.
@Suite(.timeLimit(.minutes(5)))
struct FederationTests {
    private static let romeo = "romeo@montague.example"
    private static let juliet = "juliet@capulet.example"

    private func message(_ text: String, to target: String, id: String = "m") -> String {
        "<message to='\(target)' type='chat' id='\(id)'><body>\(text)</body></message>"
    }

    private func exchange(_ cities: Cities) async throws {
        let romeo = try await cities.user("romeo", at: cities.montague)
        let juliet = try await cities.user("juliet", at: cities.capulet)
        romeo.send(message("wherefore", to: "\(Self.juliet)/here"))
        #expect(await juliet.heard("<body>wherefore</body>"), "\(juliet.text)")
        #expect(juliet.text.contains("from='romeo@montague.example/here'"))
        juliet.send(message("here", to: Self.romeo))
        #expect(await romeo.heard("<body>here</body>"), "\(romeo.text)")
    }

    private func proofs(at server: MartletServer) async -> Set<PeerProof> {
        let found = Mutex(Set<PeerProof>())
        for place in server.federation?.service.streams.places ?? [] {
            await place.visit { stream in
                let proofs = stream.machine.pairs.values
                found.withLock { $0.formUnion(proofs) }
            }
        }
        return found.withLock { $0 }
    }

    @Test func `by certificate`() async throws {
        try await Cities.with(.signed) {
            $0.trust.proof = .certificate
        } _: { cities in
            try await exchange(cities)
            #expect(await proofs(at: cities.capulet) == [.certificate])
            // One stream is enough for both ways (XEP-0288).
            #expect(cities.pipes.dialled == [Cities.capulet])
        }
    }

    @Test func `by certificate, with a stream for each way`() async throws {
        try await Cities.with(.signed) {
            $0.isBidirectional = false
        } _: { cities in
            try await exchange(cities)
            #expect(cities.pipes.dialled == [Cities.capulet, Cities.montague])
        }
    }

    @Test func `by dialback, where certificates prove nothing`() async throws {
        try await Cities.with(.selfMade) { _ in
        } _: { cities in
            try await exchange(cities)
            #expect(await proofs(at: cities.capulet) == [.dialback])
        }
    }

    @Test func `not at all, where nothing less than a certificate is enough`() async throws {
        try await Cities.with(.selfMade) {
            $0.trust.proof = .certificate
        } _: { cities in
            let romeo = try await cities.user("romeo", at: cities.montague)
            romeo.send(message("wherefore", to: Self.juliet, id: "one"))
            #expect(await romeo.heard("</error>"), "\(romeo.text)")
            #expect(romeo.text.contains("<remote-server-timeout"))
            #expect(romeo.text.contains("type='cancel'"))
            #expect(romeo.text.contains("certificate"))
        }
    }

    @Test func `tells who writes to nowhere`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            let romeo = try await cities.user("romeo", at: cities.montague)
            romeo.send(message("wherefore", to: "paris@nowhere.example", id: "one"))
            #expect(await romeo.heard("<remote-server-not-found"), "\(romeo.text)")
            // A question comes back, and an answer does not.
            romeo.send(
                "<iq type='get' id='two' to='nowhere.example'><query xmlns='x'/></iq>"
                    + "<iq type='result' id='three' to='nowhere.example'/>"
                    + "<presence to='nowhere.example' type='unavailable'/>"
                    + message("", to: Self.romeo, id: "last")
            )
            #expect(await romeo.heard("id='last'"), "\(romeo.text)")
            #expect(await romeo.heard("id='two'"), "\(romeo.text)")
            #expect(!romeo.text.contains("id='three'"))
        }
    }

    @Test func `keeps a thousand in their order, both ways at once`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            let romeo = try await cities.user("romeo", at: cities.montague)
            let juliet = try await cities.user("juliet", at: cities.capulet)
            for number in 0..<1_000 {
                romeo.send(message("r\(number).", to: "\(Self.juliet)/here"))
                juliet.send(message("j\(number).", to: "\(Self.romeo)/here"))
            }
            #expect(await juliet.heard("<body>r999.</body>"))
            #expect(await romeo.heard("<body>j999.</body>"))
            #expect(numbers("r", in: juliet.text) == Array(0..<1_000))
            #expect(numbers("j", in: romeo.text) == Array(0..<1_000))
        }
    }

    private func numbers(_ letter: String, in text: String) -> [Int] {
        text.split(separator: "<body>\(letter)").dropFirst().compactMap { part in
            part.firstIndex(of: ".").flatMap { Int(part[..<$0]) }
        }
    }

    @Test(arguments: [Cities.Papers.signed, .selfMade])
    func `loses nothing when connections break`(papers: Cities.Papers) async throws {
        try await Cities.with(papers) { settings in
            settings.hasStreamManagement = papers == .signed
            // Two breaks in a minute, and a peer is left alone for a while.
            settings.limits.backoffTime = .milliseconds(1)
            settings.limits.backoffLimit = .milliseconds(2)
        } _: { cities in
            let romeo = try await cities.user("romeo", at: cities.montague)
            let juliet = try await cities.user("juliet", at: cities.capulet)
            for number in 0..<600 {
                let id = "n\(number)."
                romeo.send(message("r\(number).", to: "\(Self.juliet)/here", id: id))
                if number % 200 == 150 {
                    #expect(await juliet.heard("<body>r\(number - 100).</body>"))
                    cities.pipes.cutAll()
                    #expect(await isReachable(from: romeo, attempt: number))
                }
            }
            romeo.send(message("last.", to: "\(Self.juliet)/here", id: "last"))
            #expect(await juliet.heard("<body>last.</body>"))
            let heard = numbers("r", in: juliet.text)
            let returned = Set(
                romeo.text.split(separator: "id='n").dropFirst().compactMap { part in
                    part.firstIndex(of: ".").flatMap { Int(part[..<$0]) }
                }
            )
            #expect(heard == heard.sorted() && heard.count == Set(heard).count)
            #expect(Set(0..<600).subtracting(heard).subtracting(returned).isEmpty)
        }
    }

    /// Asks her server until it answers: the two may have to find each other again.
    private func isReachable(from romeo: Visitor, attempt number: Int) async -> Bool {
        for attempt in 0..<5_000 {
            let id = "ask\(number).\(attempt)."
            romeo.send(
                "<iq type='get' id='\(id)' to='capulet.example'>"
                    + "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
            )
            guard await romeo.heard("id='\(id)'") else { return false }
            let answer = romeo.text.split(separator: "<iq ").last { $0.contains("id='\(id)'") }
            if answer?.prefix(120).contains("type='result'") == true { return true }
        }
        return false
    }

    @Test func `blocks who is blocked, either way`() async throws {
        try await Cities.with(.signed) {
            $0.lists.block = [Cities.capulet]
        } _: { cities in
            let romeo = try await cities.user("romeo", at: cities.montague)
            romeo.send(message("wherefore", to: Self.juliet, id: "one"))
            #expect(await romeo.heard("<not-allowed"), "\(romeo.text)")
            let juliet = try await cities.user("juliet", at: cities.capulet)
            juliet.send(message("here", to: Self.romeo, id: "two"))
            #expect(await juliet.heard("</error>"), "\(juliet.text)")
            #expect(juliet.text.contains("policy-violation"))
        }
    }

    @Test func `returns what waits for a peer when the server stops`() async throws {
        try await Cities.with(.signed) { _ in
        } _: { cities in
            try await exchange(cities)
            let tybalt = try await cities.user("tybalt", at: cities.capulet)
            tybalt.send("<presence to='\(Self.romeo)'/>")
            await cities.montague.shutDown()
            #expect(cities.montague.federation?.service.streams.count == 0)
            tybalt.send(message("coward", to: Self.romeo, id: "late"))
            #expect(await tybalt.heard("</error>"), "\(tybalt.text)")
        }
    }
}
