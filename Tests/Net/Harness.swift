import Glibc
import MartletCrypto
import Synchronization
import Testing

@testable import MartletNet

/// The owner of a transport in tests: writes down what it is told, and wakes who waits for it.
///
/// Unchecked: all is behind the mutex.
final class Recorder: TransportDelegate, @unchecked Sendable {
    struct Log {
        var bytes: [UInt8] = []
        var chunks: [Int] = []
        var secured = 0
        var reachedEnd = 0
        var drained = 0
        var ends: [TransportEnd] = []
        var waiting: [(condition: (Log) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            []
    }

    private let log = Mutex(Log())
    private let onBytes: @Sendable (Transport, [UInt8]) -> Void
    private let keepsOpenAtEnd: Bool

    init(
        keepsOpenAtEnd: Bool = false,
        onBytes: @escaping @Sendable (Transport, [UInt8]) -> Void = { _, _ in }
    ) {
        self.onBytes = onBytes
        self.keepsOpenAtEnd = keepsOpenAtEnd
    }

    /// Sends back what comes.
    static func echo() -> Recorder { Recorder { $0.send($1) } }

    var bytes: [UInt8] { log.withLock { $0.bytes } }
    var ends: [TransportEnd] { log.withLock { $0.ends } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    func read<R: Sendable>(_ body: @Sendable (Log) -> R) -> R { log.withLock { body($0) } }

    /// Returns when `condition` holds; the test's time limit is the deadline.
    func wait(until condition: @escaping @Sendable (Log) -> Bool) async {
        await withCheckedContinuation { continuation in
            log.withLock { log in
                if condition(log) {
                    continuation.resume()
                } else {
                    log.waiting.append((condition, continuation))
                }
            }
        }
    }

    func received(_ count: Int) async { await wait { $0.bytes.count >= count } }
    func secured() async { await wait { $0.secured > 0 || !$0.ends.isEmpty } }

    func closed() async -> TransportEnd {
        await wait { !$0.ends.isEmpty }
        return ends[0]
    }

    private func note(_ change: (inout Log) -> Void) {
        log.withLock { log in
            change(&log)
            let ready = log.waiting.filter { $0.condition(log) }
            log.waiting = log.waiting.filter { !$0.condition(log) }
            for waiting in ready { waiting.continuation.resume() }
        }
    }

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        precondition(transport.shard.isCurrent)
        let bytes = Array(bytes)
        note {
            $0.bytes += bytes
            $0.chunks.append(bytes.count)
        }
        onBytes(transport, bytes)
    }

    func transportSecured(_ transport: Transport) { note { $0.secured += 1 } }
    func transportDrained(_ transport: Transport) { note { $0.drained += 1 } }

    func transportReachedEnd(_ transport: Transport) {
        note { $0.reachedEnd += 1 }
        if !keepsOpenAtEnd { transport.close(afterFlush: true, within: .seconds(5)) }
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        note { $0.ends.append(reason) }
    }
}

/// A value that several threads change.
final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { mutex = Mutex(value) }

    var value: Value { mutex.withLock { $0 } }

    func change(_ body: (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}

/// Two ends of a connection, each with its recorder.
struct Ends: Sendable {
    var near: Transport
    var nearLog: Recorder
    var far: Transport
    var farLog: Recorder
}

/// Runs `body` with shards that are stopped afterwards, and checks that nothing was left on them.
func withShards(
    _ count: Int = 1,
    clock: any ShardClock = MonotonicClock(),
    _ body: ([Shard]) async throws -> Void
) async throws {
    let shards = (0..<count).map { Shard(index: $0, clock: clock) }
    for shard in shards { shard.start() }
    do {
        try await body(shards)
    } catch {
        for shard in shards { await shard.stop() }
        throw error
    }
    for shard in shards { await shard.stop() }
    #expect(shards.map(\.registeredCount) == shards.map { _ in 0 })
}

extension Shard {
    /// Does `body` on the shard's thread and returns what it made.
    func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: body()) }
        }
    }
}

extension Array where Element == UInt8 {
    /// Bytes that tell where they stand: a repeated or lost one changes the rest.
    static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 8) &* 7) }
    }
}
