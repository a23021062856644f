internal import MartletNet

/// One look-up under way: asks what its search wants to know, and writes down what happens.
final class PeerLookup {
    private let finder: PeerFinder
    private let done: (PeerSearch, PeerPlan) -> Void
    private let began: ShardInstant
    private var search: PeerSearch
    private var steps: [LookupStep] = []
    private var queries: [DNSQuestion: DNSQuery] = [:]
    private var hurried: Set<DNSQuestion> = []
    private var timers: [TimerID] = []

    init(_ domain: String, _ finder: PeerFinder, done: @escaping (PeerSearch, PeerPlan) -> Void) {
        self.finder = finder
        self.done = done
        began = finder.shard.now
        search = PeerSearch(domain, finder.policy)
    }

    func begin(_ override: PeerOverride?) {
        let step = search.begin(override)
        if case .ask = step { return follow(step) }
        finder.shard.mail { self.follow(step) }
    }

    private var elapsed: Duration { began.duration(to: finder.shard.now) }

    private func follow(_ step: PeerSearch.Step) {
        takeRemarks()
        switch step {
        case .ask(let questions): for question in questions { ask(question) }
        case .wait: hurryLaggards()
        case .found(let candidates): end(candidates, nil)
        case .nothing(let fault): end([], fault)
        }
    }

    private func ask(_ question: DNSQuestion) {
        let begin = elapsed
        queries[question] = finder.resolver.ask(question) { [self] answer in
            queries[question] = nil
            let after = elapsed - begin
            steps.append(.asked(question, at: begin, answer: answer, after: after))
            follow(search.receive(answer, to: question, using: &finder.chance))
        }
    }

    private func takeRemarks() {
        steps += search.remarks.map(LookupStep.remark)
        search.remarks = []
    }

    private func hurryLaggards() {
        for question in search.laggards where hurried.insert(question).inserted {
            timers.append(
                finder.shard.schedule(after: finder.policy.patience) { [self] in
                    queries[question]?.expire()
                }
            )
        }
    }

    private func end(_ candidates: [PeerCandidate], _ fault: PeerFault?) {
        for timer in timers { finder.shard.cancel(timer) }
        timers = []
        let plan = PeerPlan(
            domain: search.domain,
            candidates: candidates,
            fault: fault,
            steps: steps,
            took: elapsed
        )
        done(search, plan)
    }
}
