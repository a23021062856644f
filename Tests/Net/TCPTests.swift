import Glibc
import Testing

@testable import MartletNet

@Suite(.timeLimit(.minutes(5)))
struct TCPTests {
    @Test(arguments: [false, true])
    func `echoes over IPv4 and IPv6`(isIPv6: Bool) async throws {
        try await withShards(2) { shards in
            let ends = try await connectTCP(
                near: shards[0],
                far: shards[1],
                isIPv6: isIPv6,
                farLog: .echo()
            )
            await ends.near.say("O Romeo, Romeo!")
            await ends.nearLog.received(15)
            #expect(ends.nearLog.text == "O Romeo, Romeo!")
            #expect(ends.far.peerAddress.isIPv6 == isIPv6)
            #expect(ends.far.peerAddress.host == (isIPv6 ? "::1" : "127.0.0.1"))
            await ends.near.hangUp()
            #expect(await ends.nearLog.closed() == .closed)
            #expect(await ends.farLog.closed() == .peerClosed)
            #expect(shards[0].registeredCount == 0)
        }
    }

    @Test func `writes once what a turn wrote in pieces`() async throws {
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1])
            await shards[0].run {
                for piece in ["<message>", "<body/>", "</message>"] {
                    ends.near.send(Array(piece.utf8))
                }
                ends.near.withOutput { $0 += Array("\n".utf8) }
                #expect(ends.near.bufferedBytes == 27)
            }
            await ends.farLog.received(27)
            #expect(ends.farLog.read { $0.chunks } == [27])
            #expect(await shards[0].run { ends.near.bufferedBytes } == 0)
        }
    }

    @Test func `says that the peer reached its end, and still delivers to it`() async throws {
        try await withShards(2) { shards in
            let ends = try await connectTCP(
                near: shards[0],
                far: shards[1],
                farLog: Recorder(keepsOpenAtEnd: true)
            )
            await ends.near.say("bye")
            await ends.near.hangUp()
            await ends.farLog.wait { $0.reachedEnd == 1 }
            #expect(ends.farLog.text == "bye")
            #expect(ends.farLog.ends.isEmpty)
            await ends.far.say("too late to be read, in time to be sent")
            await ends.far.hangUp()
            #expect(await ends.farLog.closed() == .peerClosed)
            #expect(await ends.nearLog.closed() == .closed)
            #expect(ends.nearLog.bytes.isEmpty)
        }
    }

    @Test func `reports a reset`() async throws {
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1])
            await shards[0].run { ends.near.pauseReading() }
            await ends.far.say("unread, so that closing resets")
            await shards[1].settle()
            await ends.near.hangUp(afterFlush: false)
            #expect(await ends.nearLog.closed() == .closed)
            #expect(await ends.farLog.closed() == .reset)
        }
    }

    @Test func `cuts a peer that does not close after us`() async throws {
        let clock = ManualClock()
        try await withShards(clock: clock) { shards in
            let ends = try await connectTCP(
                near: shards[0],
                far: shards[0],
                farLog: Recorder(keepsOpenAtEnd: true)
            )
            await ends.near.hangUp(within: .seconds(2))
            await ends.farLog.wait { $0.reachedEnd == 1 }
            #expect(ends.nearLog.ends.isEmpty)
            clock.advance(by: .seconds(2))
            #expect(await ends.nearLog.closed() == .closed)
            await ends.far.hangUp(afterFlush: false)
            #expect(await ends.farLog.closed() == .closed)
        }
    }

    @Test func `moves a mebibyte to a peer that pauses`() async throws {
        try await withShards(2) { shards in
            let sent = [UInt8].pattern(1 << 20)
            let slow = Recorder { transport, _ in
                transport.pauseReading()
                transport.shard.schedule(after: .zero) { transport.resumeReading() }
            }
            let ends = try await connectTCP(near: shards[0], far: shards[1], farLog: slow)
            await ends.near.say(sent)
            await ends.farLog.received(sent.count)
            #expect(ends.farLog.bytes == sent)
            await ends.near.hangUp()
            #expect(await ends.farLog.closed() == .peerClosed)
        }
    }

    @Test func `tells of congestion and of its end`() async throws {
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1])
            await shards[1].run { ends.far.pauseReading() }
            let total = await shards[0].run {
                var total = 0
                ends.near.limits = WriteLimits(
                    highWater: 64 * 1024,
                    lowWater: 1024,
                    maximum: 64 << 20
                )
                while !ends.near.isCongested {
                    ends.near.send([UInt8](repeating: 7, count: 32 * 1024))
                    total += 32 * 1024
                }
                return total
            }
            await shards[0].settle()
            #expect(ends.nearLog.read { $0.drained } == 0)
            await shards[1].run { ends.far.resumeReading() }
            await ends.nearLog.wait { $0.drained == 1 }
            await ends.farLog.received(total)
            #expect(await shards[0].run { !ends.near.isCongested && ends.near.bufferedBytes == 0 })
        }
    }

    @Test func `gives up on a reader that is too slow, at the bound`() async throws {
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1])
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
            #expect(most <= 300_000)
            #expect(most > 280_000)
            await shards[1].run { ends.far.resumeReading() }
            #expect([.reset, .peerClosed].contains(await ends.farLog.closed()))
        }
    }

    @Test func `says once that it closed, and nothing after`() async throws {
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1], farLog: .echo())
            await shards[0].run {
                ends.near.send([1, 2, 3])
                ends.near.close(afterFlush: false, within: .zero)
                ends.near.close(afterFlush: true, within: .seconds(1))
                ends.near.send([4])
                ends.near.pauseReading()
                ends.near.resumeReading()
            }
            #expect(await ends.nearLog.closed() == .closed)
            #expect(await ends.farLog.closed() == .peerClosed)
            await shards[0].settle()
            #expect(ends.nearLog.ends == [.closed])
            #expect(ends.farLog.bytes.isEmpty)
        }
    }

    @Test func `closes what is open when the shard stops`() async throws {
        let shard = Shard(index: 0)
        let log = Recorder()
        try await withShards { shards in
            shard.start()
            let ends = try await connectTCP(near: shard, far: shards[0], nearLog: log)
            await shard.stop()
            #expect(log.ends == [.shardStopped])
            #expect(shard.registeredCount == 0)
            #expect(await ends.farLog.closed() == .peerClosed)
        }
    }

    @Test func `delivers nothing to one closed earlier in the same turn`() async throws {
        try await withShards(2) { shards in
            let first = Shared<Ends?>(nil)
            let second = Shared<Ends?>(nil)
            // Whichever of two is read first closes both.
            let killer = Recorder { _, _ in
                first.value?.near.close(afterFlush: false, within: .zero)
                second.value?.near.close(afterFlush: false, within: .zero)
            }
            let one = try await connectTCP(near: shards[0], far: shards[1], nearLog: killer)
            let other = try await connectTCP(near: shards[0], far: shards[1], nearLog: killer)
            first.change { $0 = one }
            second.change { $0 = other }
            // The near shard is held until both have something to read.
            let gate = AsyncStream<Void>.makeStream()
            shards[0].submit {
                gate.continuation.yield()
                var ready: [pollfd] = []
                repeat {
                    ready = [one.near, other.near].compactMap { ($0 as? SocketTransport)?.pollfd }
                    poll(&ready, 2, -1)
                } while ready.contains { $0.revents == 0 }
            }
            for await _ in gate.stream { break }
            await one.far.say("1")
            await other.far.say("2")
            await killer.wait { $0.ends.count == 2 }
            #expect(killer.bytes.count == 1)
            for ends in [first, second] { ends.change { $0 = nil } }
        }
    }
}

extension SocketTransport {
    fileprivate var pollfd: pollfd { .init(fd: descriptor, events: Int16(POLLIN), revents: 0) }
}
