internal import MartletCore
package import MartletNet

/// Finds the servers of other domains.
///
/// A look-up ends within two of the resolver's time-outs. Unchecked, because all `var`s belong to the
/// shard's thread.
package final class PeerFinder: @unchecked Sendable {
    package let resolver: DNSResolver
    package let policy: PeerPolicy
    var chance: any RandomNumberGenerator
    private var memory: FaultMemory

    /// - Parameters:
    ///   - resolver: whom to ask; the finder is at home on its shard.
    ///   - policy: what look-ups may do.
    ///   - chance: decides among servers of equal priority, by their weights.
    package init(
        _ resolver: DNSResolver,
        policy: PeerPolicy = PeerPolicy(),
        chance: sending any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) {
        self.resolver = resolver
        self.policy = policy
        self.chance = chance
        memory = FaultMemory(limit: policy.faultsRemembered)
    }

    package var shard: Shard { resolver.shard }
    /// How many domains are remembered as not to be found.
    package var faultsRemembered: Int { memory.count }

    /// Looks for a domain's server; on the shard's thread, as is the call of `done` in a later turn.
    ///
    /// - Parameters:
    ///   - domain: as an address has it: in any script, an IPv6 address in brackets.
    ///   - override: where it is, whatever the DNS says.
    ///   - isFresh: whether to ask even if a look-up failed lately.
    ///   - done: takes the plan.
    package func find(
        _ domain: String,
        override: PeerOverride? = nil,
        isFresh: Bool = false,
        done: @escaping (PeerPlan) -> Void
    ) {
        shard.checkIsolated()
        var override = override
        guard let name = Self.asciiName(domain), let host = Self.asciiName(override?.host ?? name)
        else {
            return endSoon(PeerPlan(domain, .malformedDomain), done)
        }
        override?.host = host
        if override == nil, let address = SocketAddress(name, port: 5269) {
            return endSoon(PeerPlan(name, literal: address, policy), done)
        }
        if override == nil, !isFresh, let fault = memory.fault(of: name, at: shard.now) {
            return endSoon(PeerPlan(name, fault, ["a look-up failed lately"]), done)
        }
        let isOverridden = override != nil
        PeerLookup(name, self) { [self] search, plan in
            if !isOverridden { remember(search, plan) }
            done(plan)
        }.begin(override)
    }

    /// A domain as DNS spells it, or an address in numbers; nil if it can be neither.
    private static func asciiName(_ domain: String) -> String? {
        if SocketAddress(domain, port: 0) != nil { return domain }
        guard let jid = try? JID(domain), jid.isDomain else { return nil }
        return jid.asciiDomainpart
    }

    /// Looks for a domain's server, asked from anywhere.
    package func find(
        _ domain: String,
        override: PeerOverride? = nil,
        isFresh: Bool = false
    ) async -> PeerPlan {
        await withCheckedContinuation { continuation in
            shard.submit {
                self.find(domain, override: override, isFresh: isFresh) {
                    continuation.resume(returning: $0)
                }
            }
        }
    }

    /// What the DNS says of a server's certificate (RFC 7673 §3.3), on the shard's thread.
    ///
    /// Gives no records unless signatures prove them and all that led to the candidate. If it gives a fault, the
    /// candidate must not be connected to: somebody may keep its records from us.
    package func findTLSA(
        _ candidate: PeerCandidate,
        done: @escaping (Result<[TLSARecord], DNSFault>) -> Void
    ) {
        guard candidate.isSecure, SocketAddress(candidate.host, port: 0) == nil else {
            return shard.mail { done(.success([])) }
        }
        let name = "_\(candidate.address.port)._tcp.\(candidate.host)"
        resolver.ask(DNSQuestion(name, .tlsa)) { answer in
            if let fault = answer.fault { return done(.failure(fault)) }
            done(.success(answer.isSecure ? answer.records.compactMap { TLSARecord($0) } : []))
        }
    }

    private func endSoon(_ plan: PeerPlan, _ done: @escaping (PeerPlan) -> Void) {
        shard.mail { done(plan) }
    }

    private func remember(_ search: PeerSearch, _ plan: PeerPlan) {
        guard let fault = plan.fault, fault.isRemembered else { return memory.forget(plan.domain) }
        let bounds = policy.faultLifetime
        let isKnown = fault.condition == .remoteServerNotFound
        let lifetime = isKnown ? search.lifetime ?? bounds.lowerBound : bounds.lowerBound
        let end = shard.now.advanced(by: min(max(lifetime, bounds.lowerBound), bounds.upperBound))
        memory.remember(fault, of: plan.domain, until: end)
    }
}

extension PeerFault {
    /// Whether it says something about the domain, not about us.
    fileprivate var isRemembered: Bool {
        switch self {
        case .overloaded, .closed, .malformedDomain: false
        default: true
        }
    }
}

extension Shard {
    /// Does something in a later turn, even if the shard stops.
    ///
    /// On its thread; so what is handed over never leaves that.
    func mail(_ work: @escaping () -> Void) {
        checkIsolated()
        nonisolated(unsafe) let work = work
        submit { work() }
    }
}

extension PeerPlan {
    /// Without a look-up.
    fileprivate init(_ domain: String, _ fault: PeerFault, _ remarks: [String] = []) {
        self.init(
            domain: domain,
            candidates: [],
            fault: fault,
            steps: remarks.map(LookupStep.remark),
            took: .zero
        )
    }

    fileprivate init(_ domain: String, literal address: SocketAddress, _ policy: PeerPolicy) {
        let isLocal = address.reach == .local && policy.refusesLocalAddresses
        guard !isLocal, address.reach != .none else {
            self.init(domain, .refused, ["left out \(address.host): it is refused"])
            return
        }
        let candidate = PeerCandidate(
            address: address,
            security: .startTLS,
            host: domain,
            origin: .literal,
            isSecure: true
        )
        self.init(
            domain: domain,
            candidates: [candidate],
            fault: nil,
            steps: [.remark("the domain is an address: port 5269")],
            took: .zero
        )
    }
}
