internal import MartletNet

/// A question that was asked, until it is answered.
///
/// Unchecked, because all is done on the thread of the resolver's shard.
package final class DNSQuery: @unchecked Sendable {
    package let question: DNSQuestion
    private weak var resolver: DNSResolver?
    private var done: ((DNSAnswer) -> Void)?
    private var timer: TimerID?

    init(
        _ question: DNSQuestion,
        of resolver: DNSResolver,
        done: @escaping (DNSAnswer) -> Void
    ) {
        self.question = question
        self.resolver = resolver
        self.done = done
        timer = resolver.shard.schedule(after: resolver.configuration.timeout) { [self] in
            timer = nil
            expire()
        }
    }

    /// Whether somebody still waits for the answer.
    var isOpen: Bool { done != nil }

    /// Ends the wait for an answer: it is `DNSFault.timedOut` at once.
    package func expire() { end(DNSAnswer(.fault(.timedOut))) }

    /// Ends the wait; nothing will be told.
    package func cancel() {
        stopTimer()
        done = nil
    }

    func end(_ answer: DNSAnswer) {
        stopTimer()
        let done = self.done
        self.done = nil
        done?(answer)
    }

    private func stopTimer() {
        if let timer { resolver?.shard.cancel(timer) }
        timer = nil
    }
}
