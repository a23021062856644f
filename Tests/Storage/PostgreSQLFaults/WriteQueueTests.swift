import MartletCore
import MartletStorage
import Testing

@testable import MartletStoragePostgreSQL

private let owner = Owner(romeo)

@Suite struct `The queue of writes to PostgreSQL` {
    private func queue(_ works: [Job.Work]) -> JobQueue {
        let queue = JobQueue(jobLimit: .max, byteLimit: .max)
        for work in works { _ = queue.put(Job(work: work, cost: 0, done: { _ in })) }
        queue.close()
        return queue
    }

    /// How many jobs each group has.
    private func groups(of works: [Job.Work]) async -> [Int] {
        let queue = self.queue(works)
        var sizes: [Int] = []
        while let jobs = await queue.take() { sizes.append(jobs.count) }
        return sizes
    }

    @Test func `makes groups of a thousand small calls`() async {
        let put = Job.Work.one(.put(key: "k", in: "c", value: [1]), of: owner)
        #expect(await groups(of: Array(repeating: put, count: 2_500)) == [1_000, 1_000, 500])
    }

    @Test func `makes smaller groups of calls that touch many rows`() async {
        let trim = Job.Work.one(.trim(.toNewest(0), in: "l"), of: owner)
        #expect(await groups(of: Array(repeating: trim, count: 25)) == [10, 10, 5])
        let put = Job.Work.one(.put(key: "k", in: "c", value: [1]), of: owner)
        let entry = NewLogEntry(time: at(1), columns: [:], value: [1])
        let entries = Array(repeating: entry, count: 999)
        let appends = Array(repeating: Operation.append(entries, to: "l"), count: 11)
        let large = Job.Work.operations(appends, of: owner, at: at(1))
        #expect(
            await groups(of: [put, large, put]) == [1, 1, 1],
            "one is taken whatever it weighs"
        )
    }

    @Test func `gives those that have waited since a moment, and all once it is closed`() {
        let put = Job.Work.one(.put(key: "k", in: "c", value: [1]), of: owner)
        let queue = JobQueue(jobLimit: .max, byteLimit: .max)
        let moment = ContinuousClock.now
        for delay in [0, 1, 2, 3] {
            let since = moment + .seconds(delay)
            _ = queue.put(Job(work: put, cost: 1, since: since, done: { _ in }))
        }
        #expect(queue.takeThose(since: moment + .seconds(1)).count == 2)
        #expect(queue.takeThose(since: moment + .seconds(1)).isEmpty)
        queue.close()
        #expect(queue.takeThose(since: moment).count == 2)
    }
}
