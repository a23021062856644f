import MartletCore
import MartletCrypto
import MartletNet
import MartletStreams

/// Goes to another domain's server once, as stanzas would, and writes down what happens on the way.
///
/// It takes the place of a pool for a stream of its own, which carries nothing and ends when the pair
/// is authorised; where nobody can answer for our domain, once the peer's offers are known.
actor S2SCheck: ShardHomed, PeerPool {
    /// What came of it.
    enum Outcome: Sendable {
        case authorized(PeerProof)
        /// As far as it should go.
        case reached
        case failed(S2SFault)
    }

    nonisolated let shard: Shard
    private let pair: DomainPair
    private let service: S2SService
    private let dialler: any PeerDialler
    private let isWhole: Bool
    private var record: S2SCheckRecord
    private var began = ShardInstant(nanoseconds: 0)
    private var attempt: (any PeerAttempt)?
    private var link: (any PeerLink)?
    private var timer: TimerID?
    /// What a place before was no good for: it says more than that others did not answer.
    private var fault: S2SFault?
    private var outcome: Outcome?
    private var took = Duration.zero
    private var done: CheckedContinuation<PeerReport, Never>?

    /// A check that goes all the way if it `isWhole`, and else as far as the peer's offers.
    ///
    /// The peer is found as the federation finds it, unless there is a `dialler`.
    init(
        _ pair: DomainPair,
        _ federation: Federation,
        isWhole: Bool,
        dialler: (any PeerDialler)? = nil
    ) {
        self.pair = pair
        self.isWhole = isWhole
        service = federation.service
        self.dialler = dialler ?? federation.dialler
        // Where the pool of the peer is: streams of one peer are on one shard.
        let shards = federation.pools.map(\.shard)
        shard = shards[Int(truncatingIfNeeded: pair.target.domainHash % UInt64(shards.count))]
        record = S2SCheckRecord(
            pair,
            trust: service.trust(of: pair.sender, in: pair.target),
            hasCertificate: service.now.tls.hasCertificate(for: pair.sender),
            isWhole: isWhole
        )
    }

    /// Does it, once; its stream has ended when this returns.
    func run() async -> PeerReport {
        await withCheckedContinuation { continuation in
            done = continuation
            begin()
        }
    }

    private var elapsed: Duration { began.duration(to: shard.now) }

    private func begin() {
        began = shard.now
        guard record.trust.isAdmitted else { return conclude(.failed(.notAdmitted)) }
        timer = shard.schedule(after: service.current.limits.attemptTime) {
            self.assumeIsolated { $0.conclude(.failed($0.fault ?? .timedOut)) }
        }
        attempt = dialler.dial(
            pair.target,
            on: shard,
            isFresh: true,
            told: { news in self.later { $0.hear(news) } },
            done: { dial in self.later { $0.follow(dial) } }
        )
    }

    /// In a later turn, in the order of the calls: who tells something is in the middle of it.
    private nonisolated func later(_ body: @escaping @Sendable (isolated S2SCheck) -> Void) {
        shard.submit { self.assumeIsolated(body) }
    }

    // MARK: What is told

    private func hear(_ news: DialNews) {
        guard outcome == nil else { return }
        record.note(news, at: elapsed)
    }

    private func follow(_ dial: PeerDial) {
        switch dial {
        case .failed(let fault): conclude(.failed(self.fault ?? fault))
        case .connected(let transport, let isDirect, let address):
            guard outcome == nil else {
                return transport.close(afterFlush: false, within: .zero)
            }
            record.noteConnection(address, at: elapsed)
            let order = S2SLinkOrder(
                pair: pair,
                isDirect: isDirect,
                address: address,
                isAsking: !isWhole
            ) { event, tls in
                self.later { $0.hear(event, tls) }
            }
            link = service.open(transport, order, pool: self)
        }
    }

    private func hear(_ event: S2SEvent, _ tls: TLSInfo?) {
        guard outcome == nil else { return }
        record.note(event, tls, at: elapsed)
    }

    nonisolated func post(_ mail: PoolMail) {
        later { $0.read(mail) }
    }

    private func read(_ mail: PoolMail) {
        switch mail {
        case .featured: if !isWhole { conclude(.reached) }
        case .authorized(_, let pair, let proof) where pair == self.pair:
            conclude(.authorized(proof))
        case .refused(_, let pair, let fault) where pair == self.pair: conclude(.failed(fault))
        case .closed(let link, let fault) where link === self.link: lose(fault)
        default: break
        }
    }

    /// The stream ended: for good, or another place may do better, as for stanzas.
    private func lose(_ fault: S2SFault) {
        link = nil
        guard outcome == nil else { return finish() }
        self.fault = self.fault ?? fault
        guard fault.concernsPlace, attempt?.tryNext() == true else {
            return conclude(.failed(self.fault ?? fault))
        }
        record.noteLoss(fault, at: elapsed)
    }

    // MARK: The end

    private func conclude(_ outcome: Outcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        took = elapsed
        if let timer { shard.cancel(timer) }
        attempt?.giveUp()
        attempt = nil
        guard let link else { return finish() }
        link.end(nil)
    }

    private func finish() {
        guard let outcome, let done else { return }
        self.done = nil
        done.resume(returning: record.report(outcome, after: took))
    }
}
