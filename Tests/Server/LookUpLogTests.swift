import Logging
import MartletStorage
import TestSupport
import Testing

@testable import MartletServer

struct LookUpLogTests {
    @Test func `says once that nobody knows who may log in, and once that it is over`() {
        let book = LogBook()
        let log = LookUpLog(book.logger)
        let now = ContinuousClock.now
        func fail(after seconds: Int) {
            log.noteFailure(StorageError.full, at: now + .seconds(seconds))
        }
        log.noteSuccess()
        #expect(book.lines.isEmpty)
        for second in 0..<100 { fail(after: second) }
        #expect(book.lines.count == 1)
        log.noteSuccess()
        log.noteSuccess()
        #expect(book.lines.count == 2)
        #expect(book.lines.last?.contains("refused=100") == true)
        fail(after: 59)
        log.noteSuccess()
        #expect(book.lines.count == 2, "it comes and goes: a minute's rest")
        fail(after: 61)
        #expect(book.lines.count == 3)
    }
}
