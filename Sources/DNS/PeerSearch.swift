/// How a domain's server is found (RFC 6120 §3.2, XEP-0368 §3): answers in, questions out.
///
/// First both kinds of SRV records are asked for, then the addresses of the hosts that they name; or of
/// the domain itself, if it has no records and did not say that there is no service.
struct PeerSearch {
    enum Step: Hashable {
        /// Ask these too.
        case ask([DNSQuestion])
        /// There are questions open still.
        case wait
        case found([PeerCandidate])
        case nothing(PeerFault)
    }

    /// A host whose addresses are wanted, and what led to it.
    struct Route: Hashable {
        let host: String
        let port: UInt16
        let security: PeerSecurity
        let origin: PeerCandidate.Origin
        let isSecure: Bool
    }

    let domain: String
    let policy: PeerPolicy
    /// What was left out and why.
    var remarks: [String] = []
    /// How long it may be believed that there is nothing, as far as the answers say.
    private(set) var lifetime: Duration?

    var answers: [DNSQuestion: DNSAnswer] = [:]
    private var open: Set<DNSQuestion> = []
    var routes: [Route] = []
    /// What became of the SRV records, if that was no clear answer.
    var serviceFault: PeerFault?

    /// - Parameters:
    ///   - domain: as DNS spells it; not an address.
    ///   - policy: what is followed, and how far.
    init(_ domain: String, _ policy: PeerPolicy) {
        self.domain = domain
        self.policy = policy
    }

    mutating func begin(_ override: PeerOverride? = nil) -> Step {
        if let override { return lookUp([Route(override)]) }
        let questions = PeerSecurity.allCases.map(serviceQuestion)
        let haveRoom = questions.allSatisfy { $0.name.utf8.count <= DomainName.limit }
        return haveRoom ? ask(questions) : followDomain()
    }

    mutating func receive(
        _ answer: DNSAnswer,
        to question: DNSQuestion,
        using chance: inout some RandomNumberGenerator
    ) -> Step {
        guard open.remove(question) != nil else { return .wait }
        answers[question] = answer
        note(answer)
        guard open.isEmpty else { return .wait }
        return question.kind == .srv ? followServices(using: &chance) : conclude()
    }

    /// Open questions whose companions brought records, so that they should not be waited for long.
    var laggards: Set<DNSQuestion> {
        open.filter { question in
            companion(of: question).flatMap { answers[$0] }?.records.isEmpty == false
        }
    }

    mutating func ask(_ questions: [DNSQuestion]) -> Step {
        open = Set(questions)
        return .ask(questions)
    }

    private func companion(of question: DNSQuestion) -> DNSQuestion? {
        switch question.kind {
        case .a: DNSQuestion(question.name, .aaaa)
        case .aaaa: DNSQuestion(question.name, .a)
        case .srv: PeerSecurity.allCases.map(serviceQuestion).first { $0 != question }
        case .tlsa: nil
        }
    }

    private mutating func note(_ answer: DNSAnswer) {
        guard answer.fault == nil, answer.lifetime > .zero else { return }
        lifetime = min(lifetime ?? answer.lifetime, answer.lifetime)
    }
}
