import Testing

@testable import MartletDNS
@testable import MartletNet

/// Dials that a test answers; on one shard, turned by the test, by a clock that it moves.
struct ConnectorTests {
    /// What was dialled, and how to answer.
    private final class Dials {
        var dialled: [String] = []
        var abandoned: [String] = []
        var answers: [String: (Result<Transport, NetError>) -> Void] = [:]

        lazy var dial: PeerConnector.Dial = { [unowned self] address, _, _, done in
            dialled.append(address.host)
            answers[address.host] = done
            return { self.abandoned.append(address.host) }
        }
    }

    private func candidates(_ hosts: [String]) -> [PeerCandidate] {
        hosts.compactMap { SocketAddress($0, port: 5269) }.map {
            PeerCandidate(
                address: $0,
                security: .startTLS,
                host: "capulet.example",
                origin: .domain,
                isSecure: false
            )
        }
    }

    private func withDials(
        _ hosts: [String],
        _ body: (Shard, ManualClock, Dials, () -> PeerConnection?, PeerConnector) -> Void
    ) {
        let clock = ManualClock()
        let shard = Shard(index: 0, clock: clock)
        shard.adoptCurrentThread()
        let dials = Dials()
        var ends: [PeerConnection] = []
        let connector = PeerConnector.connect(
            to: candidates(hosts),
            on: shard,
            dial: dials.dial
        ) { ends.append($0) }
        shard.turn(waiting: false)
        body(shard, clock, dials, { ends.last }, connector)
        #expect(ends.count <= 1)
        #expect(shard.timerCount == 0)
        shard.resignCurrentThread()
    }

    private func pass(_ milliseconds: Int, _ clock: ManualClock, _ shard: Shard) {
        clock.advance(by: .milliseconds(milliseconds))
        shard.turn(waiting: false)
    }

    private let refusal = NetError("connect", code: 111)

    private func pipe(_ shard: Shard) -> Transport {
        PipeTransport.pair(shard, shard).0
    }

    @Test func `tries one more after each delay, and ends the others when one answers`() {
        withDials(["2a00::1", "8.8.8.1", "2a00::2", "8.8.8.2"]) { shard, clock, dials, end, _ in
            #expect(dials.dialled == ["2a00::1"])
            pass(249, clock, shard)
            #expect(dials.dialled.count == 1)
            pass(1, clock, shard)
            #expect(dials.dialled == ["2a00::1", "8.8.8.1"])
            pass(250, clock, shard)
            #expect(dials.dialled == ["2a00::1", "8.8.8.1", "2a00::2"])
            let transport = pipe(shard)
            dials.answers["8.8.8.1"]?(.success(transport))
            #expect(dials.abandoned == ["2a00::1", "2a00::2"])
            #expect(end()?.transport === transport)
            #expect(end()?.candidate?.address.host == "8.8.8.1")
            #expect(end()?.attempts.map(\.end) == [.abandoned, .connected, .abandoned])
            #expect(end()?.attempts.map(\.began) == [0, 250, 500].map { .milliseconds($0) })
            #expect(end()?.rest.map(\.address.host) == ["2a00::1", "2a00::2", "8.8.8.2"])
        }
    }

    @Test func `tries the next at once when one refuses`() {
        withDials(["8.8.8.1", "8.8.8.2", "8.8.8.3"]) { shard, clock, dials, end, _ in
            pass(100, clock, shard)
            dials.answers["8.8.8.1"]?(.failure(refusal))
            #expect(dials.dialled == ["8.8.8.1", "8.8.8.2"])
            // The delay begins again with that.
            pass(249, clock, shard)
            #expect(dials.dialled.count == 2)
            pass(1, clock, shard)
            #expect(dials.dialled.count == 3)
            dials.answers["8.8.8.2"]?(.failure(refusal))
            #expect(end() == nil)
            dials.answers["8.8.8.3"]?(.failure(refusal))
            #expect(end()?.transport == nil)
            #expect(end()?.attempts.map(\.end) == .init(repeating: .failed(refusal), count: 3))
            #expect(end()?.rest.isEmpty == true)
            #expect(dials.abandoned.isEmpty)
        }
    }

    @Test func `ends when the time for all is up`() {
        withDials(["8.8.8.1", "8.8.8.2"]) { shard, clock, dials, end, _ in
            pass(250, clock, shard)
            pass(29_749, clock, shard)
            #expect(end() == nil)
            pass(1, clock, shard)
            #expect(end()?.took == .seconds(30))
            #expect(end()?.transport == nil)
            #expect(dials.abandoned == ["8.8.8.1", "8.8.8.2"])
        }
    }

    @Test func `says nothing when it is given up`() {
        withDials(["8.8.8.1", "8.8.8.2"]) { shard, clock, dials, end, connector in
            connector.cancel()
            pass(60_000, clock, shard)
            #expect(end() == nil)
            #expect(dials.dialled == ["8.8.8.1"])
            #expect(dials.abandoned == ["8.8.8.1"])
        }
    }

    @Test(arguments: 0..<5)
    func `gives a connection up at any moment, and leaves nothing`(turns: Int) {
        let shard = Shard(index: 0, clock: ManualClock())
        shard.adoptCurrentThread()
        var ends = 0
        let connector = PeerConnector.connect(to: candidates(["127.0.0.99"]), on: shard) { _ in
            ends += 1
        }
        for _ in 0..<turns { shard.turn(waiting: false) }
        let before = ends
        connector.cancel()
        for _ in 0..<5 { shard.turn(waiting: false) }
        #expect(ends == before)
        #expect(shard.registeredCount == 0)
        #expect(shard.timerCount == 0)
        shard.resignCurrentThread()
    }

    @Test func `has an end for no places at all`() {
        withDials([]) { _, _, _, end, _ in
            #expect(end()?.attempts.isEmpty == true)
            #expect(end()?.transport == nil)
        }
    }

    /// Whatever happens in whatever order: it ends once, and nothing that was dialled is forgotten.
    @Test(arguments: 0..<300)
    func `leaves no attempt open`(seed: UInt64) {
        var chance = SplitMix(state: seed)
        let count = Int.random(in: 0...6, using: &chance)
        var race = ConnectionRace(count: count)
        var open: Set<Int> = []
        var ends: [Int?] = []
        func follow(_ actions: [ConnectionRace.Action]) {
            for action in actions {
                switch action {
                case .dial(let place): #expect(open.insert(place).inserted)
                case .abandon(let place): #expect(open.remove(place) != nil)
                case .startDelay: #expect(ends.isEmpty)
                case .end(let winner): ends.append(winner)
                }
            }
        }
        follow(race.begin())
        while ends.isEmpty {
            let place = open.randomElement(using: &chance)
            switch Int.random(in: 0..<10, using: &chance) {
            case 0:
                if let place {
                    open.remove(place)
                    follow(race.connected(place))
                    #expect(ends == [place])
                }
            case 1: follow(race.deadlinePassed())
            case 2...5: follow(race.delayPassed())
            default:
                if let place {
                    open.remove(place)
                    follow(race.failed(place))
                }
            }
        }
        #expect(open.isEmpty)
        #expect(race.delayPassed() + race.deadlinePassed() + race.connected(0) == [])
        #expect(ends.count == 1)
    }

    @Test(.timeLimit(.minutes(5)))
    func `connects over TCP, past a port that refuses`() async throws {
        let shard = Shard(index: 0)
        shard.start()
        let open = try await Listener.listen(on: [shard], at: .loopback(port: 0)) { _ in }
        // The machine's own as well, and nobody listens there.
        let closed = try #require(SocketAddress("127.0.0.99", port: open.address.port))
        let places = [closed, open.address].map {
            PeerCandidate(
                address: $0,
                security: .startTLS,
                host: "localhost",
                origin: .domain,
                isSecure: false
            )
        }
        let found = await PeerConnector.connect(to: places, on: shard)
        #expect(found.candidate?.address == open.address)
        #expect(found.attempts.count == 2)
        #expect(found.rest.isEmpty)
        let transport = try #require(found.transport)
        await shard.run { transport.close(afterFlush: false, within: .zero) }
        await open.close()
        await shard.stop()
        #expect(shard.registeredCount == 0)
    }
}
