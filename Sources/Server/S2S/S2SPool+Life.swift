import MartletCore
import MartletNet
import MartletStreams

/// Timers, memory, and the end.
extension S2SPool {
    /// How often what need not be remembered is forgotten.
    private static let sweepTime = Duration.seconds(60)

    /// A timer that fires too soon is set again then: most are put off by each stanza.
    func setTimer(of entry: Entry) {
        let wake = entry.route.nextWake
        if let wake, let due = entry.timerDue, due <= wake { return }
        if let timer = entry.timer { shard.cancel(timer) }
        (entry.timer, entry.timerDue) = (nil, nil)
        guard let wake else { return }
        entry.timerDue = wake
        entry.timer = shard.schedule(after: shard.now.duration(to: wake)) {
            [weak self, pair = entry.pair] in
            self?.assumeIsolated { $0.wake(pair) }
        }
    }

    private func wake(_ pair: DomainPair) {
        guard let entry = entries[pair] else { return }
        (entry.timer, entry.timerDue) = (nil, nil)
        tell(entry, .tick)
        if !flushing.isEmpty { noteFlush() }
    }

    // MARK: Memory

    func startSweeping() {
        guard sweep == nil else { return }
        sweep = shard.schedule(after: Self.sweepTime) { [weak self] in
            self?.assumeIsolated { $0.forgetOld() }
        }
    }

    private func forgetOld() {
        sweep = nil
        let now = shard.now
        remove(entries.values.filter { $0.route.isForgettable(at: now) })
        if !entries.isEmpty { startSweeping() }
    }

    private func remove(_ old: some Sequence<Entry>) {
        for entry in old {
            if let timer = entry.timer { shard.cancel(timer) }
            entries[entry.pair] = nil
        }
    }

    /// Forgets peers of which only failures are known, a sixteenth of all at once, the oldest first.
    ///
    /// - Returns: whether there is room now.
    func makeRoom() -> Bool {
        let vacant = entries.values.filter(\.route.isVacant)
            .sorted { $0.route.lastUsed < $1.route.lastUsed }
        remove(vacant.prefix(max(1, rules.limits.pairsPerShard / 16)))
        return entries.count < rules.limits.pairsPerShard
    }

    // MARK: Settings

    /// Asks anew who is admitted; streams with those who are not end.
    func readjust() {
        rules = PeerRules(terms.limits(), budget: terms.budget)
        for entry in Array(entries.values) {
            entry.route.rules = rules
            let error: StreamError? =
                if !terms.isOurs(entry.pair.sender) {
                    StreamError(.hostGone)
                } else if !terms.admits(entry.pair) {
                    StreamError(.policyViolation)
                } else {
                    nil
                }
            if let error {
                tell(entry, .bar(.notAdmitted, error))
            } else if end == nil, entry.route.barred != nil {
                tell(entry, .unbar)
            }
        }
    }

    // MARK: The end

    /// Returns when nothing waits any more, or the time is up.
    func flush(within limit: Duration) async {
        guard !isFlushed else { return }
        let timer = shard.schedule(after: limit) { [weak self] in
            self?.assumeIsolated { $0.endFlushing() }
        }
        await withCheckedContinuation { flushing.append($0) }
        shard.cancel(timer)
    }

    /// Takes nothing more, gives up what is under way and returns what waits; open streams stay.
    func stop() {
        end = .stopping
        for entry in Array(entries.values) { tell(entry, .bar(.stopping, nil)) }
        endFlushing()
        endAwaiting()
        if let sweep { shard.cancel(sweep) }
        sweep = nil
    }

    private var isFlushed: Bool { entries.values.allSatisfy(\.route.queue.isEmpty) }

    func noteFlush() {
        if isFlushed { endFlushing() }
    }

    private func endFlushing() {
        for continuation in flushing { continuation.resume() }
        flushing = []
    }

    // MARK: What is known

    /// Its pair has just begun to rest.
    func noteFailure(of entry: Entry) {
        guard case .resting(_, let fault) = entry.route.state else { return }
        noteFailure(fault, of: entry.pair)
    }

    func noteFailure(_ fault: S2SFault, of pair: DomainPair) {
        if fault.concernsPeer { terms.failures.note(fault, of: pair, at: shard.now) }
    }

    /// Why peers were not reached lately, those of all pools, and how long ago.
    func recentFailures() -> [DomainPair: (fault: S2SFault, age: Duration)] {
        let now = shard.now
        return Dictionary(
            terms.failures.all(at: now).map { ($0.pair, ($0.fault, $0.at.duration(to: now))) },
            uniquingKeysWith: { $1 }
        )
    }

    /// What is known of each pair; in no order.
    func summaries() -> [PeerSummary] {
        entries.values.map { PeerSummary($0.pair, $0.route) }
    }
}

/// A pair, for who asks how it stands with peers.
struct PeerSummary: Sendable {
    let pair: DomainPair
    /// `idle`, `seeking`, `open`, `borrowed`, `closing`, `pausing`, `resting`, or `barred`.
    let state: String
    let queuedStanzas: Int
    let queuedBytes: Int
    let failures: Int
    let questions: Int
    /// Why it rests, or is barred.
    let fault: S2SFault?
    /// The stream that it writes to.
    let link: (any PeerLink)?

    init(_ pair: DomainPair, _ route: PeerRoute) {
        self.pair = pair
        queuedStanzas = route.queue.count
        queuedBytes = route.queue.byteCount
        failures = Int(route.failures)
        questions = route.questions.count
        link = route.stream
        (state, fault) = route.standing
    }
}

extension PeerRoute {
    /// How it stands, in a word, and why.
    var standing: (String, S2SFault?) {
        if let barred { return ("barred", barred) }
        return switch state {
        case .idle: (asking == nil ? "idle" : "asking", nil)
        case .seeking: ("seeking", nil)
        case .open: ("open", nil)
        case .borrowed: ("borrowed", nil)
        case .closing: ("closing", nil)
        case .pausing: ("pausing", nil)
        case .resting(_, let fault): ("resting", fault)
        }
    }
}
