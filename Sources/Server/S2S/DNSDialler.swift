import MartletCore
import MartletDNS
import MartletNet
import MartletStreams

/// Finds peers by the DNS, and connects to the first of their places that answers.
final class DNSDialler: PeerDialler {
    private let finder: PeerFinder
    private let override: @Sendable (JID) -> PeerOverride?
    private let connect: Connect

    /// How places are connected to; what it returns gives that up.
    typealias Connect =
        @Sendable (
            [PeerCandidate], Shard, @escaping (PeerConnection) -> Void
        ) -> () -> Void

    /// - Parameters:
    ///   - finder: on any shard.
    ///   - override: where the settings say that a domain is; they may change.
    ///   - connect: over TCP, unless a test says otherwise.
    init(
        _ finder: PeerFinder,
        override: @escaping @Sendable (JID) -> PeerOverride? = { _ in nil },
        connect: @escaping Connect = DNSDialler.overTCP
    ) {
        self.finder = finder
        self.override = override
        self.connect = connect
    }

    static let overTCP: Connect = { candidates, shard, done in
        let connector = PeerConnector.connect(to: candidates, on: shard, done: done)
        return { connector.cancel() }
    }

    func dial(
        _ domain: JID,
        on shard: Shard,
        isFresh: Bool,
        done: @escaping @Sendable (PeerDial) -> Void
    ) -> any PeerAttempt {
        dial(domain, on: shard, isFresh: isFresh, told: { _ in }, done: done)
    }

    func dial(
        _ domain: JID,
        on shard: Shard,
        isFresh: Bool,
        told: @escaping @Sendable (DialNews) -> Void,
        done: @escaping @Sendable (PeerDial) -> Void
    ) -> any PeerAttempt {
        let attempt = Attempt(on: shard, connect, told, done)
        let place = override(domain)
        finder.shard.submit { [finder] in
            finder.find(domain.domainpart, override: place, isFresh: isFresh) { plan in
                shard.submit { attempt.follow(plan) }
            }
        }
        return attempt
    }

    /// One domain's places, tried until one is good.
    ///
    /// Unchecked, because all `var`s belong to the thread of `shard`, on which every member is called.
    private final class Attempt: PeerAttempt, @unchecked Sendable {
        private let shard: Shard
        private let connect: Connect
        private let told: @Sendable (DialNews) -> Void
        private let done: @Sendable (PeerDial) -> Void
        private var hasEnded = false
        private var rest: [PeerCandidate] = []
        /// Whether there was nothing but the domain's own address to try.
        private var isDomainAlone = true
        private var cancel: (() -> Void)?

        init(
            on shard: Shard,
            _ connect: @escaping Connect,
            _ told: @escaping @Sendable (DialNews) -> Void,
            _ done: @escaping @Sendable (PeerDial) -> Void
        ) {
            self.shard = shard
            self.connect = connect
            self.told = told
            self.done = done
        }

        func follow(_ plan: PeerPlan) {
            guard !hasEnded else { return }
            told(.lookedUp(plan))
            if let fault = plan.fault {
                return done(.failed(.unreachable(fault.condition, fault.description)))
            }
            isDomainAlone = plan.candidates.allSatisfy(\.isOfDomain)
            begin(plan.candidates)
        }

        private func begin(_ candidates: [PeerCandidate]) {
            rest = []
            cancel = connect(candidates, shard) { [self] in take($0) }
        }

        private func take(_ connection: PeerConnection) {
            cancel = nil
            guard !hasEnded else {
                connection.transport?.close(afterFlush: false, within: .zero)
                return
            }
            told(.tried(connection.attempts))
            rest = connection.rest
            guard let transport = connection.transport, let candidate = connection.candidate else {
                return done(.failed(.noAnswer(connection.attempts, isDomainAlone: isDomainAlone)))
            }
            done(
                .connected(
                    transport,
                    isDirect: candidate.security == .directTLS,
                    address: candidate.address.description
                )
            )
        }

        func tryNext() -> Bool {
            shard.checkIsolated()
            guard !hasEnded, cancel == nil, !rest.isEmpty else { return false }
            begin(rest)
            return true
        }

        func giveUp() {
            shard.checkIsolated()
            hasEnded = true
            rest = []
            cancel?()
            cancel = nil
        }
    }
}

extension PeerCandidate {
    /// Whether it is at the domain's own address, by the port of old (RFC 6120 §3.2.2).
    var isOfDomain: Bool {
        switch origin {
        case .domain, .literal: address.port == 5269
        case .service, .override: false
        }
    }
}

extension S2SFault {
    /// No place took the connection.
    ///
    /// A domain with addresses alone, at which nobody answers, is none of XMPP's (RFC 6120 §8.3.3.16); one that
    /// has a server, by what the DNS or the settings say, has one that is away (§8.3.3.17).
    static func noAnswer(_ attempts: [PeerConnection.Attempt], isDomainAlone: Bool) -> S2SFault {
        let places = attempts.map { attempt in
            let reason =
                if case .failed(let error) = attempt.end { error.reason } else { "no answer" }
            return "\(attempt.candidate.address): \(reason)"
        }
        let told = places.prefix(4).joined(separator: ", ")
        let condition: StanzaError.Condition =
            isDomainAlone ? .remoteServerNotFound : .remoteServerTimeout
        return .unreachable(condition, "no connection (\(told))")
    }
}
