import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Testing

@testable import MartletRouter

/// What a client's count says of stanzas for other servers (XEP-0198 §4).
@Suite(.timeLimit(.minutes(5))) struct ElsewhereFenceTests {
    private func makeTown(_ route: Post) throws -> Town {
        let town = try Town([Domain(try JID("montague.example"), modules: try ModuleSet([]))])
        town.router.connect(elsewhere: route)
        return town
    }

    /// Sends messages as a client's, then asks for the count.
    private func send(
        to addresses: [String],
        of town: Town,
        _ user: JID,
        _ reader: Reader
    ) async throws {
        let id = try #require(await town.bind(user, reader))
        let targets = try addresses.map { try JID($0) }
        await town.visit(user) { home in
            _ = home.enableManagement(of: id, token: nil)
            for to in targets {
                home.receive(Stanza(.message, type: .chat, to: to, id: "1"), from: id)
            }
            home.settle(id) { reader.note("acknowledged \($0)") }
        }
        await town.settle()
    }

    @Test(arguments: ["romeo", "juliet"])
    func `is told when the way there has dealt with them`(localpart: String) async throws {
        let route = Post("others", holdsFences: true)
        let town = try makeTown(route)
        let (user, reader) = (try JID("\(localpart)@montague.example/x"), Reader())
        try await send(to: ["a@globe.example"], of: town, user, reader)
        #expect(route.taken.count == 1)
        #expect(reader.told.isEmpty)
        route.passAll()
        await town.settle()
        #expect(reader.told == ["acknowledged 1"])
        await town.end()
    }

    /// Those without a localpart among them.
    @Test func `asks once for each domain, behind what it counts`() async throws {
        let route = Post("others", holdsFences: true)
        let town = try makeTown(route)
        let (user, reader) = (try JID("romeo@montague.example/x"), Reader())
        let addresses = [
            "a@globe.example", "b@globe.example/c", "globe.example", "rose.example",
            "montague.example",
        ]
        try await send(to: addresses, of: town, user, reader)
        let pairs = try ["globe.example", "rose.example"].map {
            DomainPair(sender: user, target: try JID($0))
        }
        #expect(Set(route.fences) == Set(pairs))
        #expect(route.fences.count == 2)
        #expect(route.taken.count == 4)
        route.passAll()
        await town.settle()
        #expect(reader.told.last == "acknowledged 5")
        await town.end()
    }

    @Test(arguments: ["romeo", "juliet"])
    func `what was returned before is told before`(localpart: String) async throws {
        let route = Post("others", holdsFences: true)
        let town = try makeTown(route)
        let (user, reader) = (try JID("\(localpart)@montague.example/x"), Reader())
        try await send(to: ["a@globe.example", "b@globe.example"], of: town, user, reader)
        for stanza in route.taken { town.router.bounce(stanza, .remoteServerTimeout) }
        route.passAll()
        await town.settle()
        #expect(reader.told == ["message error 1", "message error 1", "acknowledged 2"])
        await town.end()
    }

    @Test func `a fence that passes when nobody is there any more is no fault`() async throws {
        let route = Post("others", holdsFences: true)
        let town = try makeTown(route)
        let (user, reader) = (try JID("romeo@montague.example/x"), Reader())
        try await send(to: ["a@globe.example"], of: town, user, reader)
        await town.visit(user) { $0.endAll() }
        route.passAll()
        await town.settle()
        #expect(reader.told.isEmpty)
        await town.end()
    }

    /// The route may change while a client sends.
    @Test func `nobody waits for a way that is there no more`() async throws {
        let route = Post("others", holdsFences: true)
        let town = try makeTown(route)
        let (user, reader) = (try JID("romeo@montague.example/x"), Reader())
        let id = try #require(await town.bind(user, reader))
        let globe = try JID("a@globe.example")
        await town.visit(user) { home in
            _ = home.enableManagement(of: id, token: nil)
            home.receive(Stanza(.message, type: .chat, to: globe, id: "1"), from: id)
        }
        town.router.connect(elsewhere: nil)
        await town.visit(user) { home in
            home.settle(id) { reader.note("acknowledged \($0)") }
        }
        await town.settle()
        #expect(reader.told == ["acknowledged 1"])
        await town.end()
    }
}
