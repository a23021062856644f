import Glibc
import Testing

@testable import MartletNet

@Suite(.timeLimit(.minutes(5)))
struct ShardTests {
    /// An actor at home on a shard.
    actor Resident: ShardHomed {
        nonisolated let shard: Shard
        private(set) var calls = 0

        init(_ shard: Shard) { self.shard = shard }

        func call() -> Bool {
            calls += 1
            return shard.isCurrent
        }

        func callOther(_ other: Resident) async -> Bool {
            let there = await other.call()
            return there && shard.isCurrent
        }
    }

    @Test func `does what is submitted, on its own thread`() async throws {
        try await withShards { shards in
            #expect(!shards[0].isCurrent)
            #expect(await shards[0].run { shards[0].isCurrent })
        }
    }

    @Test func `keeps the order of each thread that submits`() async throws {
        try await withShards { shards in
            let shard = shards[0]
            let seen = Shared<[[Int]]>(Array(repeating: [], count: 8))
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<8 {
                    group.addTask {
                        for number in 0..<2000 {
                            shard.submit { seen.change { $0[thread].append(number) } }
                        }
                    }
                }
            }
            await shard.settle()
            #expect(seen.value == Array(repeating: Array(0..<2000), count: 8))
        }
    }

    @Test func `keeps the order of what the shard submits to itself`() async throws {
        try await withShards { shards in
            let shard = shards[0]
            let seen = Shared<[Int]>([])
            await shard.run {
                for number in 0..<100 { shard.submit { seen.change { $0.append(number) } } }
            }
            await shard.settle()
            #expect(seen.value == Array(0..<100))
        }
    }

    @Test func `runs its actors on its thread`() async throws {
        try await withShards(2) { shards in
            let here = Resident(shards[0])
            let neighbour = Resident(shards[0])
            let there = Resident(shards[1])
            #expect(await here.call())
            #expect(await here.callOther(neighbour))
            #expect(await here.callOther(there))
            #expect(await neighbour.calls == 1)
        }
    }

    @Test func `lets what the loop calls enter an actor at once`() async throws {
        try await withShards { shards in
            let resident = Resident(shards[0])
            let wasThere = await shards[0].run { resident.assumeIsolated { $0.call() } }
            #expect(wasThere)
            #expect(await resident.calls == 1)
        }
    }

    @Test func `lets the loop enter an actor with something in hand`() async throws {
        try await withShards { shards in
            let resident = Resident(shards[0])
            let sum = await shards[0].run { resident.enter(with: 40) { $0.call() ? $1 + 2 : 0 } }
            #expect(sum == 42)
            #expect(await resident.calls == 1)
        }
    }

    @Test func `serves its actors after it stopped`() async {
        let shard = Shard(index: 7)
        let resident = Resident(shard)
        shard.start()
        #expect(await resident.call())
        await shard.stop()
        for _ in 0..<50 { #expect(await resident.call()) }
        #expect(await resident.calls == 51)
    }

    @Test func `stops when an actor of its own asks`() async {
        actor Suicidal {
            nonisolated let shard: Shard
            nonisolated var unownedExecutor: UnownedSerialExecutor {
                shard.asUnownedSerialExecutor()
            }
            init(_ shard: Shard) { self.shard = shard }
            func stop() async -> Bool {
                await shard.stop()
                return shard.isCurrent
            }
        }
        let shard = Shard(index: 0)
        shard.start()
        #expect(await Suicidal(shard).stop())
    }

    @Test func `stops for all who ask, and without having been started`() async {
        let shard = Shard(index: 0)
        shard.start()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await shard.stop() } }
        }
        await shard.stop()
        await Shard(index: 1).stop()
    }

    @Test func `gives its descriptors back at its end, however long it is kept`() async throws {
        let before = try descriptorCount()
        var shards: [Shard] = []
        for index in 0..<500 {
            let shard = Shard(index: index)
            shard.start()
            await shard.stop()
            shards.append(shard)
        }
        // Other tests have some of their own meanwhile; these alone would have 1,000.
        #expect(try descriptorCount() < before + 500)
        await shards[0].settle()
        #expect(shards.allSatisfy { !$0.poller.isOpen })
    }

    private func descriptorCount() throws -> Int {
        let folder = try #require(opendir("/proc/self/fd"))
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    @Test func `does work that was submitted before its end`() async {
        let shard = Shard(index: 0)
        let done = Shared(0)
        shard.start()
        for _ in 0..<1000 { shard.submit { done.change { $0 += 1 } } }
        await shard.stop()
        #expect(done.value == 1000)
    }

    @Test func `turns on a thread that adopts it`() {
        let shard = Shard(index: 0, clock: ManualClock())
        let seen = Shared<[String]>([])
        shard.submit { seen.change { $0.append("early") } }
        shard.adoptCurrentThread()
        shard.turn(waiting: false)
        shard.submit { seen.change { $0.append("own") } }
        shard.turn(waiting: true)
        shard.resignCurrentThread()
        #expect(seen.value == ["early", "own"])
        #expect(!shard.isCurrent)
    }

    @Test func `has an afterthought when a turn's work is done, and before it sleeps`() {
        let shard = Shard(index: 0, clock: ManualClock())
        let seen = Shared<[String]>([])
        #expect(Shard.current == nil)
        shard.adoptCurrentThread()
        #expect(Shard.current === shard)
        shard.submit {
            shard.atTurnEnd { seen.change { $0.append("afterthought") } }
            seen.change { $0.append("first") }
        }
        shard.submit { seen.change { $0.append("second") } }
        shard.turn(waiting: false)
        #expect(seen.value == ["first", "second", "afterthought"])
        shard.atTurnEnd { seen.change { $0.append("another") } }
        shard.turn(waiting: true)
        shard.turn(waiting: false)
        shard.atTurnEnd { seen.change { $0.append("last") } }
        shard.resignCurrentThread()
        #expect(seen.value == ["first", "second", "afterthought", "another", "last"])
    }
}
