import MartletCore
import MartletNet
import MartletStorage
import MartletXML
import Testing

@testable import MartletRouter

@Suite struct HomeTests {
    private final class Silent: SessionSink {
        let isCongested = false
        func send(_ stanza: Stanza) {}
        func send(nonza: Element) {}
        func close(_ error: StreamError?) {}
        func reportFlush() {}
        func pauseReading() {}
        func resumeReading() {}
    }

    /// Who comes, goes and comes again, asked for by the same address.
    private func visit(_ home: isolated RouterShard, _ romeo: JID, _ domain: Domain) throws {
        let first = try home.bind(romeo, in: domain, sink: Silent()).get()
        let found = home.home(of: romeo)
        let account = try #require(found)
        let (again, bare) = (home.home(of: romeo), home.home(of: romeo.bare))
        #expect(again === account && bare === account)
        home.end(first)
        let (left, leftBare) = (home.home(of: romeo), home.home(of: romeo.bare))
        #expect(left == nil && leftBare == nil)
        let second = try home.bind(romeo, in: domain, sink: Silent()).get()
        let foundNext = home.home(of: romeo)
        let next = try #require(foundNext)
        #expect(next !== account)
        #expect(next.session(with: romeo)?.id == second)
        home.end(second)
    }

    @Test func `a home that was left is found no more, nor in place of the next`() async throws {
        let domain = Domain(try JID("montague.example"), modules: try ModuleSet([]))
        let shard = Shard(index: 0)
        shard.start()
        let router = Router(shards: [shard], store: MemoryStore(), domains: [domain])
        try await visit(router.homes[0], try JID("romeo@montague.example/orchard"), domain)
        await shard.stop()
    }

    /// What ends with a value that is replaced finds the state as it is by then.
    @Test func `a value may look at what is kept beside it as it ends`() {
        final class Witness {
            let state: ModuleState
            var seen: (Int?) -> Void
            init(_ state: ModuleState, _ seen: @escaping (Int?) -> Void) {
                self.state = state
                self.seen = seen
            }
            deinit { seen(state[Int.self]) }
        }
        let state = ModuleState()
        var seen: [Int?] = []
        state[Witness.self] = Witness(state) { seen.append($0) }
        state[Int.self] = 1
        state[Witness.self] = Witness(state) { seen.append($0) }
        #expect(seen == [1])
        #expect(state[Int.self] == 1)
        state[Int.self] = 2
        state[Witness.self] = nil
        #expect(seen == [1, 2])
        #expect(state[Witness.self] == nil)
    }
}
