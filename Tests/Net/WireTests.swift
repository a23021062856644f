import MartletCrypto
import Testing

@testable import MartletNet

@Suite(.timeLimit(.minutes(5)))
struct WireTests {
    @Test(arguments: Wire.allCases, [1, 2])
    func `echoes, closes, and says so once at each end`(wire: Wire, count: Int) async throws {
        try await withShards(count) { shards in
            let far = shards[count - 1]
            let ends = try await wire.connect(near: shards[0], far: far, farLog: .echo())
            await ends.near.say("O Romeo, Romeo!")
            await ends.nearLog.received(15)
            #expect(ends.nearLog.text == "O Romeo, Romeo!")
            #expect(await shards[0].run { ends.near.isSecure } == wire.isSecure)
            let capacities = await shards[0].run {
                [ends.near.output.capacity, ends.near.plain.capacity, ends.near.bufferedBytes]
            }
            #expect(capacities == [0, 0, 0])  // Idle, it holds no memory.
            await ends.near.hangUp()
            #expect(await ends.farLog.closed() == .peerClosed)
            #expect([.closed, .peerClosed].contains(await ends.nearLog.closed()))
            for shard in shards { await shard.settle() }
            #expect(ends.nearLog.ends.count == 1)
            #expect(ends.farLog.ends.count == 1)
        }
    }

    @Test(arguments: Wire.allCases)
    func `moves a mebibyte to a reader that pauses after each chunk`(wire: Wire) async throws {
        try await withShards(2) { shards in
            let sent = [UInt8].pattern(1 << 20)
            let slow = Recorder { transport, _ in
                transport.pauseReading()
                transport.shard.schedule(after: .zero) { transport.resumeReading() }
            }
            let ends = try await wire.connect(near: shards[0], far: shards[1], farLog: slow)
            await ends.near.say(sent)
            await ends.near.hangUp()
            #expect(await ends.farLog.closed() == .peerClosed)
            #expect(ends.farLog.bytes == sent)
            #expect(ends.farLog.read { $0.chunks.max() ?? 0 } <= 80 * 1024)
        }
    }

    @Test(arguments: Wire.allCases)
    func `sends what waits before it closes, and reads no more`(wire: Wire) async throws {
        try await withShards(2) { shards in
            let ends = try await wire.connect(near: shards[0], far: shards[1], farLog: .echo())
            await shards[0].run {
                ends.near.send(Array("</stream:stream>".utf8))
                ends.near.close(afterFlush: true, within: .seconds(5))
                ends.near.send(Array("too late".utf8))
            }
            #expect(await ends.farLog.closed() == .peerClosed)
            #expect(ends.farLog.text == "</stream:stream>")
            _ = await ends.nearLog.closed()
            #expect(ends.nearLog.bytes.isEmpty)
        }
    }

    @Test(arguments: Wire.allCases)
    func `cuts off a reader that never reads, at the bound`(wire: Wire) async throws {
        try await withShards(2) { shards in
            let ends = try await wire.connect(near: shards[0], far: shards[1])
            await shards[1].run { ends.far.pauseReading() }
            let most = await shards[0].run {
                var most = 0
                ends.near.limits = WriteLimits(
                    highWater: 10_000,
                    lowWater: 1000,
                    maximum: 300_000
                )
                for _ in 0..<10_000 {
                    ends.near.send([UInt8](repeating: 7, count: 10_000))
                    most = max(most, ends.near.bufferedBytes)
                }
                return most
            }
            #expect(await ends.nearLog.closed() == .overflow)
            #expect((280_000...300_000).contains(most))
            await shards[1].run { ends.far.close(afterFlush: false, within: .zero) }
            _ = await ends.farLog.closed()
        }
    }

    @Test(arguments: Wire.allCases)
    func `moves between shards under load, losing and reordering nothing`(wire: Wire) async throws {
        try await withShards(4) { shards in
            let sent = [UInt8].pattern(200_000)
            let rest = Shared(sent[4000...])
            // As much is sent as came back: there are always 4000 bytes somewhere on the way.
            let nearLog = Recorder { transport, bytes in
                transport.send(Array(rest.value.prefix(bytes.count)))
                rest.change { $0 = $0.dropFirst(bytes.count) }
            }
            let log = MovingEcho(homes: Array(shards[1...]))
            let ends = try await wire.connect(near: shards[0], far: shards[1], nearLog: nearLog)
            await shards[1].run { ends.far.delegate = log }
            await ends.near.say(Array(sent[..<4000]))
            await nearLog.received(sent.count)
            #expect(ends.nearLog.bytes == sent)
            #expect(log.moves.value >= 50)
            await ends.near.hangUp()
            _ = await ends.nearLog.closed()
            await log.closed()
        }
    }

    @Test(arguments: Wire.allCases)
    func `ends at both ends when one shard stops`(wire: Wire) async throws {
        let shard = Shard(index: 9)
        shard.start()
        try await withShards { shards in
            let ends = try await wire.connect(near: shard, far: shards[0])
            await shard.stop()
            #expect(ends.nearLog.ends == [.shardStopped])
            #expect(shard.registeredCount == 0)
            #expect([.peerClosed, .reset].contains(await ends.farLog.closed()))
        }
    }

    @Test(arguments: Wire.allCases)
    func `closes a transport that nobody attaches`(wire: Wire) async throws {
        try await withShards(2) { shards in
            let ends = try await wire.connect(near: shards[0], far: shards[1])
            await shards[0].run { _ = ends.near.detach() }
            #expect([.peerClosed, .reset].contains(await ends.farLog.closed()))
            #expect(ends.nearLog.ends.isEmpty)
        }
    }

    @Test(arguments: Wire.allCases)
    func `tells the new owner that it was over before the move`(wire: Wire) async throws {
        try await withShards(2) { shards in
            let ends = try await wire.connect(near: shards[0], far: shards[1])
            let heir = Recorder()
            let detached = await shards[0].run {
                ends.near.close(afterFlush: false, within: .zero)
                return ends.near.detach()
            }
            await shards[1].run { _ = detached.attach(to: shards[1], delegate: heir) }
            #expect(await heir.closed() == .closed)
            #expect(ends.nearLog.ends.isEmpty)
            _ = await ends.farLog.closed()
        }
    }

    @Test(arguments: Wire.allCases)
    func `lets an actor of the shard own it`(wire: Wire) async throws {
        try await withShards { shards in
            let ends = try await wire.connect(near: shards[0], far: shards[0])
            let owner = OwningActor(shards[0])
            await shards[0].run { ends.far.delegate = owner }
            await ends.near.say("<presence/>")
            await ends.nearLog.received(11)
            #expect(await owner.received == 11)
            await ends.near.hangUp()
            _ = await ends.nearLog.closed()
            #expect(await owner.ends == 1)
        }
    }

    @Test func `reports a cut pipe at both ends, even to one that pauses`() async throws {
        try await withShards(2) { shards in
            let ends = try await Wire.pipe.connect(near: shards[0], far: shards[1])
            await shards[1].run { ends.far.pauseReading() }
            let pipe = try #require(ends.near as? PipeTransport)
            await shards[0].run {
                pipe.send([1])
                pipe.cut()
            }
            #expect(await ends.nearLog.closed() == .reset)
            #expect(await ends.farLog.closed() == .reset)
            #expect(ends.farLog.bytes.isEmpty)
        }
    }

    @Test func `pretends TLS, and drops what came in the clear`() async throws {
        try await withShards { shards in
            let ends = try await Wire.pipe.connect(near: shards[0], far: shards[0])
            let (near, far) = try (
                #require(ends.near as? PipeTransport), #require(ends.far as? PipeTransport)
            )
            let info = TLSInfo(version: "TLSv1.3", cipher: "none", exporter: [1, 2, 3])
            let context = try TestTLS.server()
            await shards[0].run {
                for end in [near, far] { end.pretendTLS(info, now: false) }
                far.pauseReading()
                near.send(Array("<auth>".utf8))
            }
            await shards[0].settle()
            await shards[0].run {
                far.startTLS(context, role: .server())
                far.resumeReading()
                near.send(Array("<stream>".utf8))
            }
            await ends.farLog.received(8)
            #expect(ends.farLog.text == "<stream>")
            #expect(ends.farLog.read { $0.secured } == 1)
            #expect(await shards[0].run { far.tls } == info)
            await shards[0].run { near.cut() }
            _ = await ends.farLog.closed()
            _ = await ends.nearLog.closed()
        }
    }
}

/// Echoes as a connection actor does it: entered by the loop without a hop.
private actor OwningActor: TransportDelegate {
    nonisolated let shard: Shard
    nonisolated var unownedExecutor: UnownedSerialExecutor { shard.asUnownedSerialExecutor() }
    private(set) var received = 0
    private(set) var ends = 0

    init(_ shard: Shard) { self.shard = shard }

    nonisolated func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        // Proof: used before this call returns, on this thread.
        nonisolated(unsafe) let bytes = bytes
        assumeIsolated { $0.receive(bytes, transport) }
    }

    nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        assumeIsolated { $0.ends += 1 }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ transport: Transport) {
        received += bytes.count
        transport.send(bytes)
    }
}

/// Sends back what comes, and after each chunk moves to the next shard, from inside the callback.
///
/// Unchecked: one shard at a time has it, and hands it on with the transport.
private final class MovingEcho: TransportDelegate, @unchecked Sendable {
    let moves = Shared(0)
    private let homes: [Shard]
    private let end = AsyncStream<Void>.makeStream()

    init(homes: [Shard]) { self.homes = homes }

    func closed() async {
        for await _ in end.stream { return }
    }

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        transport.send(bytes)
        moves.change { $0 += 1 }
        let next = homes[moves.value % homes.count]
        let detached = transport.detach()
        next.submit { _ = detached.attach(to: next, delegate: self) }
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        end.continuation.yield()
    }
}
