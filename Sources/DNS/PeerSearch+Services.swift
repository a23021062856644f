extension PeerSecurity: CaseIterable {
    package static let allCases = [PeerSecurity.startTLS, .directTLS]

    /// RFC 6120 §3.2.1, XEP-0368 §3.
    fileprivate var service: String {
        switch self {
        case .startTLS: "_xmpp-server._tcp"
        case .directTLS: "_xmpps-server._tcp"
        }
    }
}

extension PeerSearch {
    /// A record of one kind or the other; both kinds are one list (XEP-0368 §3, rule 1).
    private struct Service {
        let record: SRVRecord
        let security: PeerSecurity
        let isSecure: Bool
    }

    func serviceQuestion(_ security: PeerSecurity) -> DNSQuestion {
        DNSQuestion("\(security.service).\(domain)", .srv)
    }

    mutating func followServices(using chance: inout some RandomNumberGenerator) -> Step {
        var services: [Service] = []
        for security in PeerSecurity.allCases {
            let answer = answers[serviceQuestion(security)]
            // Whoever forges one kind of records may have left the other out.
            if case .bogus(let reason) = answer?.fault { return .nothing(.bogus(reason)) }
            if let fault = answer?.fault { serviceFault = serviceFault ?? PeerFault(fault) }
            services += answer.map { read($0, security) } ?? []
        }
        let real = services.filter { !$0.record.target.isEmpty }
        guard !real.isEmpty else {
            return services.isEmpty ? followDomain() : .nothing(serviceFault ?? .noService)
        }
        let usable = real.filter { isUsable($0.record) }
        return usable.isEmpty ? .nothing(.refused) : lookUp(sort(usable, using: &chance))
    }

    /// Looks at the domain's own addresses (RFC 6120 §3.2.2; §3.2.1, item 9, if there was no answer).
    mutating func followDomain() -> Step {
        remarks.append("no SRV record was found: the domain's own addresses, port 5269")
        let services = PeerSecurity.allCases.map { answers[serviceQuestion($0)] }
        let isProved = services.allSatisfy { $0?.isSecure == true }
        return lookUp([Route(domain: domain, isSecure: isProved)])
    }

    private mutating func read(_ answer: DNSAnswer, _ security: PeerSecurity) -> [Service] {
        let records = answer.records.compactMap { SRVRecord($0) }
        let lame = answer.records.count - records.count
        if lame > 0 {
            remarks.append("left out \(lame) of \(security.service), which name no host")
        }
        return records.map {
            Service(record: $0, security: security, isSecure: answer.isSecure)
        }
    }

    private mutating func isUsable(_ record: SRVRecord) -> Bool {
        guard record.port == 0 || policy.refusedPorts.contains(record.port) else { return true }
        remarks.append("left out \(record): its port is refused")
        return false
    }

    private mutating func sort(
        _ services: [Service],
        using chance: inout some RandomNumberGenerator
    ) -> [Route] {
        var seen: Set<Route> = []
        let distinct = services.sorted { $0.record.priority < $1.record.priority }
            .filter { seen.insert(Route(place: $0.record, $0.security)).inserted }
        if distinct.count > policy.recordLimit {
            remarks.append("of \(distinct.count) SRV records, \(policy.recordLimit) are used")
        }
        return SRVOrder.sorted(distinct, by: \.record, limit: policy.recordLimit, using: &chance)
            .map { service in
                Route(
                    host: service.record.target,
                    port: service.record.port,
                    security: service.security,
                    origin: .service(service.record),
                    isSecure: service.isSecure
                )
            }
    }
}

extension PeerSearch.Route {
    init(_ override: PeerOverride) {
        self.init(
            host: override.host,
            port: override.port,
            security: override.security,
            origin: .override,
            isSecure: true
        )
    }

    fileprivate init(domain: String, isSecure: Bool) {
        self.init(
            host: domain,
            port: 5269,
            security: .startTLS,
            origin: .domain,
            isSecure: isSecure
        )
    }

    /// Equal for records that lead to the same place.
    fileprivate init(place record: SRVRecord, _ security: PeerSecurity) {
        self.init(
            host: record.target,
            port: record.port,
            security: security,
            origin: .domain,
            isSecure: false
        )
    }
}
