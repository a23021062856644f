import Foundation
import MartletStorage
import Synchronization
import Testing

@testable import MartletStorageSQLite

@Suite struct `The queue of a worker` {
    private let full = StorageError.unavailable("its queue is full")

    @Test func `has a bound on calls`() {
        let queue = JobQueue(jobLimit: 2, byteLimit: 100)
        #expect(queue.put(Job(cost: 0)) == nil)
        #expect(queue.put(Job(cost: 0)) == nil)
        #expect(queue.put(Job(cost: 0)) == full)
        #expect(queue.take(waits: true)?.count == 2)
        #expect(queue.put(Job(cost: 0)) == nil)
    }

    @Test func `has a bound on bytes, but takes anything when it has none`() {
        let queue = JobQueue(jobLimit: 9, byteLimit: 100)
        #expect(queue.put(Job(cost: 60)) == nil)
        #expect(queue.put(Job(cost: 41)) == full)
        #expect(queue.put(Job(cost: 40)) == nil)
        #expect(queue.take(waits: true)?.map(\.cost) == [60, 40])
        #expect(queue.put(Job(cost: 1000)) == nil)
    }

    @Test func `wakes its worker when told to, for all that came until then`() async {
        let rings = Mutex<[@Sendable () -> Void]>([])
        let queue = JobQueue(jobLimit: 9, byteLimit: 100) { ring in
            rings.withLock { $0.append(ring) }
        }
        let sizes = AsyncStream<Int> { sizes in
            Thread.detachNewThread {
                while let jobs = queue.take(waits: true) { sizes.yield(jobs.count) }
                sizes.finish()
            }
        }
        while !queue.isWorkerAsleep { await Task.yield() }
        for _ in 0..<3 { #expect(queue.put(Job(cost: 0)) == nil) }
        #expect(rings.withLock { $0.count } == 1)
        for ring in rings.withLock({ $0 }) { ring() }
        var groups = sizes.makeAsyncIterator()
        #expect(await groups.next() == 3)
        while !queue.isWorkerAsleep { await Task.yield() }
        queue.close()
        #expect(await groups.next() == nil, "an end is told at once")
        #expect(rings.withLock { $0.count } == 1)
    }

    @Test func `gives what it has before it ends, and nothing to wait for when told so`() {
        let queue = JobQueue(jobLimit: 9, byteLimit: 100)
        #expect(queue.take(waits: false)?.isEmpty == true)
        #expect(queue.put(Job(cost: 1)) == nil)
        queue.close()
        #expect(queue.put(Job(cost: 1)) == .unavailable("it is closed"))
        #expect(queue.take(waits: true)?.count == 1)
        #expect(queue.take(waits: true) == nil)
    }
}
