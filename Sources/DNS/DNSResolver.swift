internal import CUnbound
package import MartletNet

/// Asks the DNS, without ever blocking its shard's thread.
///
/// Answers are kept as the DNS allows, within the bounds of the configuration; every question ends at
/// its time, answered or not. libunbound cannot be told to give up a question, so that one whose time is up
/// counts as under way until libunbound itself does. Once asked, it stays until it is closed or its shard stops.
///
/// Unchecked, because all `var`s belong to the shard's thread.
package final class DNSResolver: @unchecked Sendable {
    package let shard: Shard
    package let configuration: DNSConfiguration
    /// What the operator should hear of: files that could not be read.
    package let complaints: [String]

    private var context: UnboundContext?
    private var watch: DescriptorWatch?
    private var underWay: Set<Asked> = []
    /// Answered, and not told yet.
    private var arrived: [Asked] = []
    /// In the order in which they were asked, from `firstWaiting` on.
    private var waiting: [DNSQuery] = []
    private var firstWaiting = 0
    private var isClosed = false

    /// Makes a resolver that is at home on a shard; its thread starts with the first question.
    ///
    /// - Throws: what is wrong with the configuration.
    package init(on shard: Shard, _ configuration: DNSConfiguration = DNSConfiguration())
        throws(DNSSetupError)
    {
        let context = try UnboundContext(configuration)
        self.shard = shard
        self.configuration = configuration
        self.context = context
        complaints = context.complaints
    }

    /// Questions that libunbound works on, those that nobody waits for any more included.
    package var underWayCount: Int { underWay.count }

    /// Asks; on the shard's thread, as is the call of `done` in a later turn.
    @discardableResult
    package func ask(_ question: DNSQuestion, done: @escaping (DNSAnswer) -> Void) -> DNSQuery {
        shard.checkIsolated()
        let query = DNSQuery(question, of: self, done: done)
        askWaiting()  // Those whose time is up take no room.
        if isClosed || !isWatching() {
            endSoon(query, .closed)
        } else if waiting.count - firstWaiting >= configuration.questionsWaiting {
            endSoon(query, .overloaded)
        } else {
            waiting.append(query)
            askWaiting()
        }
        return query
    }

    /// Asks from anywhere.
    package func ask(_ question: DNSQuestion) async -> DNSAnswer {
        await withCheckedContinuation { continuation in
            shard.submit { self.ask(question) { continuation.resume(returning: $0) } }
        }
    }

    /// Ends every question with `DNSFault.closed`, and gives libunbound's thread and memory back.
    package func close() {
        shard.checkIsolated()
        guard !isClosed else { return }
        isClosed = true
        watch?.cancel()
        watch = nil
        context = nil  // Joins its thread; from here on nothing that it was given is used.
        let open = underWay.map(\.query) + waiting[firstWaiting...]
        for asked in underWay { asked.letGo() }
        underWay = []
        waiting = []
        firstWaiting = 0
        for query in open { endSoon(query, .closed) }
    }

    /// Closes it from anywhere.
    package func close() async {
        await withCheckedContinuation { continuation in
            shard.submit {
                self.close()
                continuation.resume()
            }
        }
    }
}

// MARK: Asking

extension DNSResolver {
    /// A question that libunbound works on, which holds it meanwhile.
    private final class Asked: Hashable {
        let query: DNSQuery
        unowned let resolver: DNSResolver
        var answer = DNSAnswer(.fault(.failed("nothing came")))

        init(_ query: DNSQuery, of resolver: DNSResolver) {
            self.query = query
            self.resolver = resolver
        }

        /// Takes back what libunbound was given, once it will not call any more.
        func letGo() { Unmanaged.passUnretained(self).release() }

        static func == (left: Asked, right: Asked) -> Bool { left === right }
        func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    }

    private func askWaiting() {
        while firstWaiting < waiting.count {
            let query = waiting[firstWaiting]
            guard !query.isOpen || underWay.count < configuration.questionsUnderWay else { break }
            firstWaiting += 1
            if query.isOpen { begin(query) }
        }
        guard firstWaiting * 2 >= waiting.count else { return }
        waiting.removeFirst(firstWaiting)
        firstWaiting = 0
    }

    private func begin(_ query: DNSQuery) {
        let asked = Asked(query, of: self)
        let argument = Unmanaged.passRetained(asked).toOpaque()
        let fault = context?.ask(query.question, argument) { argument, status, result in
            DNSResolver.take(argument, status, result)
        }
        if let fault {
            asked.letGo()
            endSoon(query, fault)
        } else {
            underWay.insert(asked)
        }
    }

    private func endSoon(_ query: DNSQuery, _ fault: DNSFault) {
        // By mail, which a stopping shard still delivers, unlike a timer.
        shard.submit { query.end(DNSAnswer(.fault(fault))) }
    }
}

// MARK: Answers

extension DNSResolver {
    /// Whether the shard will tell of answers.
    private func isWatching() -> Bool {
        guard watch == nil else { return true }
        guard let context else { return false }
        let watch = DescriptorWatch(
            on: shard,
            ready: { _, _ in self.process() },
            stopped: { self.close() }
        )
        guard watch.watch(context.descriptor, reading: true, writing: false) else {
            watch.cancel()
            return false
        }
        self.watch = watch
        return true
    }

    private func process() {
        context?.process()
        let answered = arrived
        arrived = []
        underWay.subtract(answered)
        for asked in answered { asked.query.end(asked.answer) }
        askWaiting()
    }

    /// Called by libunbound, within `process`.
    private static func take(
        _ argument: UnsafeMutableRawPointer?,
        _ status: CInt,
        _ result: UnsafeMutablePointer<ub_result>?
    ) {
        defer { ub_resolve_free(result) }
        guard let argument else { return }
        let asked = Unmanaged<Asked>.fromOpaque(argument).takeRetainedValue()
        if let result, status == 0 {
            asked.answer = DNSAnswer(result.pointee, within: asked.resolver.configuration)
        } else {
            asked.answer = DNSAnswer(.fault(.failed(UnboundContext.text(of: status))))
        }
        asked.resolver.arrived.append(asked)
    }
}
