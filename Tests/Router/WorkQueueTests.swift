import Testing

@testable import MartletRouter

@Suite struct WorkQueueTests {
    @Test func `work starts at once while none waits`() {
        var queue = WorkQueue<Int>()
        let admits1 = queue.admits(1)
        #expect(admits1)
        let admits2 = queue.admits(2)
        #expect(admits2)
        #expect(queue.isIdle)
        let next1 = queue.next()
        #expect(next1 == nil)
    }

    @Test func `what comes behind work that waits stands in order`() {
        var queue = WorkQueue<Int>()
        queue.suspend()
        let admits1 = queue.admits(1)
        #expect(!admits1)
        let admits2 = queue.admits(2)
        #expect(!admits2)
        #expect(queue.count == 2 && !queue.isIdle)
        let next2 = queue.next()
        #expect(next2 == nil)
        queue.resume()
        let next3 = queue.next()
        #expect(next3 == 1)
        queue.suspend()
        let next4 = queue.next()
        #expect(next4 == nil)
        queue.resume()
        let next5 = queue.next()
        #expect(next5 == 2)
        let next6 = queue.next()
        #expect(next6 == nil)
        #expect(queue.isIdle)
    }

    @Test func `a queue that is never empty does not grow`() {
        var queue = WorkQueue<Int>()
        queue.suspend()
        for number in 0..<100 { _ = queue.admits(number) }
        for number in 100..<10_000 {
            _ = queue.admits(number)
            queue.resume()
            let next7 = queue.next()
            #expect(next7 == number - 100)
            queue.suspend()
        }
        #expect(queue.count == 100)
        #expect(queue.places < 400)
    }
}
