internal import MartletNet

extension PeerSearch {
    /// Asks for the addresses of each host once.
    mutating func lookUp(_ routes: [Route]) -> Step {
        self.routes = routes
        var seen: Set<String> = []
        let names = routes.filter { $0.literal == nil }.map(\.host)
            .filter { seen.insert($0).inserted }
        let questions = names.flatMap { [DNSQuestion($0, .aaaa), DNSQuestion($0, .a)] }
        return questions.isEmpty ? conclude() : ask(questions)
    }

    /// Gives the candidates in the order of their routes, a host's families by turns.
    mutating func conclude() -> Step {
        var candidates: [PeerCandidate] = []
        var seen: Set<PeerCandidate> = []
        var refused = 0
        for route in routes {
            for (address, isSecure) in addresses(of: route) {
                guard isUsable(address, route) else {
                    refused += 1
                    continue
                }
                let candidate = PeerCandidate(route, address, isSecure: isSecure)
                if seen.insert(candidate.place).inserted { candidates.append(candidate) }
            }
        }
        if !candidates.isEmpty { return .found(Array(candidates.prefix(policy.candidateLimit))) }
        return .nothing(refused > 0 ? .refused : hostFault)
    }

    /// IPv6 and IPv4 by turns, beginning with the former (RFC 8305 §4), a bounded number of each.
    private mutating func addresses(of route: Route) -> [(SocketAddress, isSecure: Bool)] {
        if let literal = route.literal { return [(literal, true)] }
        let families = [DNSQuestion.Kind.aaaa, .a].map { kind in
            answers[DNSQuestion(route.host, kind)]
        }
        if let alias = families.compactMap({ $0?.canonicalName }).first {
            remarks.append("\(route.host) is an alias of \(alias)")
        }
        let lists = families.map { answer in
            (answer?.records ?? []).prefix(policy.addressesPerHost).compactMap { data in
                SocketAddress(data: data, port: route.port).map { ($0, answer?.isSecure == true) }
            }
        }
        return (0..<policy.addressesPerHost).flatMap { place in
            lists.compactMap { place < $0.count ? $0[place] : nil }
        }
    }

    private mutating func isUsable(_ address: SocketAddress, _ route: Route) -> Bool {
        let isUsable =
            switch address.reach {
            case .global: true
            case .local: !policy.refusesLocalAddresses || route.origin == .override
            case .none: false
            }
        if !isUsable { remarks.append("left out \(address.host) of \(route.host): it is refused") }
        return isUsable
    }

    /// Why there are no addresses: what is least certain first.
    private var hostFault: PeerFault {
        let answers = answers.filter { $0.key.kind != .srv }.values
        let faults = answers.compactMap { $0.fault.map { PeerFault($0) } }
        if let fault = faults.max(by: { $0.doubt < $1.doubt }) { return fault }
        let isUnknown = answers.allSatisfy { $0.content == .noSuchName }
        if isUnknown, routes.allSatisfy({ $0.origin == .domain }) { return .noSuchDomain }
        return serviceFault ?? .noAddress
    }
}

extension PeerFault {
    /// How little it says about the domain.
    fileprivate var doubt: Int {
        switch self {
        case .timedOut: 3
        case .bogus: 2
        case .failed: 1
        default: 0
        }
    }
}

extension PeerSearch.Route {
    /// The address that the operator gave; what the DNS names is never taken for one.
    fileprivate var literal: SocketAddress? {
        origin == .override ? SocketAddress(host, port: port) : nil
    }
}

extension PeerCandidate {
    fileprivate init(_ route: PeerSearch.Route, _ address: SocketAddress, isSecure: Bool) {
        self.init(
            address: address,
            security: route.security,
            host: route.host,
            origin: route.origin,
            isSecure: route.isSecure && isSecure
        )
    }

    /// Equal for candidates that lead to the same place in the same way.
    fileprivate var place: PeerCandidate {
        PeerCandidate(
            address: address,
            security: security,
            host: "",
            origin: .domain,
            isSecure: false
        )
    }
}

extension SocketAddress {
    /// Reads the data of an A or AAAA record; nil for anything else.
    fileprivate init?(data: [UInt8], port: UInt16) {
        switch data.count {
        case 4: self.init(data.map { String($0) }.joined(separator: "."), port: port)
        case 16:
            let groups = stride(from: 0, to: 16, by: 2).map {
                String(UInt16(data[$0]) << 8 | UInt16(data[$0 + 1]), radix: 16)
            }
            self.init(groups.joined(separator: ":"), port: port)
        default: return nil
        }
    }
}
