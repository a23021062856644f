import Testing

@testable import MartletDNS

/// A search that is told all answers at once, as far as it asks for them.
struct SearchTests {
    private static let startTLS = DNSQuestion("_xmpp-server._tcp.capulet.example", .srv)
    private static let directTLS = DNSQuestion("_xmpps-server._tcp.capulet.example", .srv)

    private struct Outcome {
        var candidates: [PeerCandidate] = []
        var fault: PeerFault?
        var asked: [DNSQuestion] = []
        var remarks: [String] = []
        var places: [String] { candidates.map(\.brief) }
    }

    /// What is not among `answers` has no such name.
    private func search(
        _ answers: [DNSQuestion: DNSAnswer],
        policy: PeerPolicy = PeerPolicy(),
        override: PeerOverride? = nil,
        seed: UInt64 = 1
    ) -> Outcome {
        var search = PeerSearch("capulet.example", policy)
        var chance = SplitMix(state: seed)
        var outcome = Outcome()
        var steps = [search.begin(override)]
        while let step = steps.popLast() {
            switch step {
            case .ask(let questions):
                outcome.asked += questions
                steps += questions.map {
                    search.receive(answers[$0] ?? unknown, to: $0, using: &chance)
                }
            case .wait: continue
            case .found(let candidates): outcome.candidates = candidates
            case .nothing(let fault): outcome.fault = fault
            }
        }
        outcome.remarks = search.remarks
        return outcome
    }

    private let unknown = DNSAnswer(.noSuchName, lifetime: .seconds(60))

    private func srv(_ records: [(UInt16, UInt16, UInt16, String)], isSecure: Bool = false)
        -> DNSAnswer
    {
        let data = records.map { $0.0.wire + $0.1.wire + $0.2.wire + $0.3.wireName }
        return DNSAnswer(.records(data), isSecure: isSecure)
    }

    private func a(_ last: UInt8..., isSecure: Bool = false) -> DNSAnswer {
        DNSAnswer(.records(last.map { [8, 8, 8, $0] }), isSecure: isSecure)
    }

    private func aaaa(_ last: UInt8...) -> DNSAnswer {
        DNSAnswer(.records(last.map { [0x2A] + [UInt8](repeating: 0, count: 14) + [$0] }))
    }

    private func fault(_ fault: DNSFault) -> DNSAnswer { DNSAnswer(.fault(fault)) }

    @Test func `mixes both kinds by priority`() {
        let found = search([
            Self.startTLS: srv([(10, 0, 5269, "a.example"), (30, 0, 5269, "b.example")]),
            Self.directTLS: srv([(20, 0, 443, "a.example"), (5, 0, 5270, "b.example")]),
            DNSQuestion("a.example", .a): a(1),
            DNSQuestion("b.example", .a): a(2),
        ])
        #expect(
            found.places == [
                "8.8.8.2:5270 directTLS", "8.8.8.1:5269 startTLS", "8.8.8.1:443 directTLS",
                "8.8.8.2:5269 startTLS",
            ]
        )
        #expect(found.asked.count == 6)
        #expect(found.candidates.first?.host == "b.example")
    }

    @Test func `takes a host's families by turns`() {
        let found = search([
            Self.startTLS: srv([(1, 0, 5269, "a.example"), (2, 0, 5269, "b.example")]),
            DNSQuestion("a.example", .a): a(1, 2, 3),
            DNSQuestion("a.example", .aaaa): aaaa(1),
            DNSQuestion("b.example", .aaaa): aaaa(9),
        ])
        #expect(
            found.candidates.map(\.address.host) == [
                "2a00::1", "8.8.8.1", "8.8.8.2", "8.8.8.3", "2a00::9",
            ]
        )
    }

    @Test func `falls back on the domain's own addresses`() {
        let found = search([DNSQuestion("capulet.example", .a): a(7)])
        #expect(found.places == ["8.8.8.7:5269 startTLS"])
        #expect(found.candidates.first?.origin == .domain)
        #expect(search([:]).fault == .noSuchDomain)
        let none = DNSAnswer(.noRecords)
        #expect(search([DNSQuestion("capulet.example", .aaaa): none]).fault == .noAddress)
    }

    private static let denials: [([Bool?], PeerFault?)] = [
        ([true, true], .noService), ([true, nil], .noService), ([nil, true], .noService),
        ([true, false], nil), ([false, true], nil),
    ]

    /// RFC 2782 ("Target"), XEP-0368 §4: no fallback once a record says that there is no service.
    @Test(arguments: denials)
    func `obeys the dot`(denied: [Bool?], fault: PeerFault?) {
        var answers = [
            DNSQuestion("capulet.example", .a): a(7), DNSQuestion("a.example", .a): a(1),
        ]
        for (question, isDenied) in zip([Self.startTLS, Self.directTLS], denied) {
            guard let isDenied else { continue }
            answers[question] = srv([(0, 0, isDenied ? 0 : 5269, isDenied ? "" : "a.example")])
        }
        let found = search(answers)
        #expect(found.fault == fault)
        #expect(found.candidates.map(\.address.host) == (fault == nil ? ["8.8.8.1"] : []))
        #expect(!found.asked.contains(DNSQuestion("capulet.example", .a)))
    }

    @Test func `says what went wrong with the DNS`() {
        let own = DNSQuestion("capulet.example", .a)
        let timeout = fault(.timedOut)
        let failure = fault(.failed("SERVFAIL"))
        #expect(search([Self.startTLS: timeout, own: a(7)]).fault == nil)
        #expect(search([Self.startTLS: timeout, own: timeout]).fault == .timedOut)
        #expect(search([Self.startTLS: timeout]).fault == .noSuchDomain)
        #expect(
            search([Self.startTLS: timeout, own: DNSAnswer(.noRecords)]).fault == .timedOut
        )
        #expect(
            search([Self.startTLS: timeout, Self.directTLS: srv([(0, 0, 0, "")])]).fault
                == .timedOut
        )
        #expect(search([own: failure]).fault == .failed("SERVFAIL"))
        #expect(
            search([own: failure, DNSQuestion("capulet.example", .aaaa): timeout]).fault
                == .timedOut
        )
    }

    @Test func `trusts nothing of a domain whose records are forged`() {
        let bogus = fault(.bogus("no signatures"))
        let hosts = [DNSQuestion("a.example", .a): a(1), DNSQuestion("capulet.example", .a): a(7)]
        let records = srv([(0, 0, 5269, "a.example")])
        for forged in [Self.startTLS, Self.directTLS] {
            var answers = hosts.merging([Self.startTLS: records, Self.directTLS: records]) { $1 }
            answers[forged] = bogus
            #expect(search(answers).fault == .bogus("no signatures"))
        }
        let found = search([Self.startTLS: records, DNSQuestion("a.example", .a): bogus])
        #expect(found.fault == .bogus("no signatures"))
    }

    @Test func `is secure where every step is`() {
        let records = srv([(1, 0, 5269, "a.example"), (2, 0, 5269, "b.example")], isSecure: true)
        let found = search([
            Self.startTLS: records,
            DNSQuestion("a.example", .a): a(1, isSecure: true),
            DNSQuestion("b.example", .a): a(2),
        ])
        #expect(found.candidates.map(\.isSecure) == [true, false])
        let own = [DNSQuestion("capulet.example", .a): a(7, isSecure: true)]
        #expect(search(own).candidates.map(\.isSecure) == [false])
        let proved = DNSAnswer(.noSuchName, isSecure: true)
        let none = [Self.startTLS: proved, Self.directTLS: proved]
        #expect(search(own.merging(none) { $1 }).candidates.map(\.isSecure) == [true])
    }

    @Test func `leaves out lame records, and says so`() {
        let found = search([
            Self.startTLS: srv([
                (0, 0, 5269, "_xmpp-server._tcp.capulet.example"), (1, 0, 5269, "127.0.0.1"),
                (2, 0, 0, "a.example"), (3, 0, 25, "a.example"), (4, 0, 5269, "a b.example"),
                (5, 0, 5269, "a.example"), (6, 0, 5269, "A.example"),
            ]),
            DNSQuestion("a.example", .a): DNSAnswer(
                .records([[8, 8, 8, 1], [8, 8, 8, 1], [0, 0, 0, 0], [1, 2]]),
                canonicalName: "c.example"
            ),
        ])
        #expect(found.places == ["8.8.8.1:5269 startTLS"])
        #expect(found.asked.contains(DNSQuestion("127.0.0.1", .a)))
        #expect(
            found.remarks == [
                "left out 1 of _xmpp-server._tcp, which name no host",
                "left out 2 0 0 a.example.: its port is refused",
                "left out 3 0 25 a.example.: its port is refused",
                "a.example is an alias of c.example",
                "left out 0.0.0.0 of a.example: it is refused",
            ]
        )
    }

    @Test func `refuses private addresses when told to`() {
        var policy = PeerPolicy()
        let answers = [DNSQuestion("capulet.example", .a): DNSAnswer(.records([[127, 0, 0, 1]]))]
        #expect(search(answers, policy: policy).places == ["127.0.0.1:5269 startTLS"])
        policy.refusesLocalAddresses = true
        #expect(search(answers, policy: policy).fault == .refused)
        let override = PeerOverride(host: "capulet.example", port: 5299, security: .directTLS)
        let found = search(answers, policy: policy, override: override)
        #expect(found.places == ["127.0.0.1:5299 directTLS"])
        #expect(!found.asked.contains(Self.startTLS))
        let ports = search([Self.startTLS: srv([(0, 0, 25, "a.example")])])
        #expect(ports.fault == .refused)
    }

    @Test func `asks nothing for an address that the operator gave`() {
        let found = search([:], override: PeerOverride(host: "::1", port: 7))
        #expect(found.places == ["[::1]:7 startTLS"])
        #expect(found.asked.isEmpty)
    }

    @Test func `is bounded whatever the answers hold`() {
        let many = srv((0..<500).map { (0, 1, 5269, "h\($0).example") })
        let addresses = DNSAnswer(.records((0..<200).map { [8, 8, 8, UInt8($0)] }))
        var answers = [Self.startTLS: many, Self.directTLS: many]
        for number in 0..<500 { answers[DNSQuestion("h\(number).example", .a)] = addresses }
        let found = search(answers)
        #expect(found.candidates.count == 16)  // All hosts have the same 8, each kind.
        #expect(found.asked.count <= 2 + 2 * 16)
        for number in 0..<500 {
            let own = (0..<200).map { [9, UInt8(number / 256), UInt8(number % 256), UInt8($0)] }
            answers[DNSQuestion("h\(number).example", .a)] = DNSAnswer(.records(own))
        }
        #expect(search(answers).candidates.count == 32)
    }

    @Test func `knows whom not to wait for`() {
        var search = PeerSearch("capulet.example", PeerPolicy())
        var chance = SplitMix(state: 1)
        _ = search.begin()
        #expect(search.laggards.isEmpty)
        let records = srv([(0, 0, 5269, "a.example")])
        #expect(search.receive(records, to: Self.directTLS, using: &chance) == .wait)
        #expect(search.laggards == [Self.startTLS])
        _ = search.receive(unknown, to: Self.startTLS, using: &chance)
        #expect(search.laggards.isEmpty)
        #expect(
            search.receive(unknown, to: DNSQuestion("a.example", .aaaa), using: &chance) == .wait
        )
        #expect(search.laggards.isEmpty)
        #expect(search.receive(a(1), to: Self.startTLS, using: &chance) == .wait)
    }

    @Test func `does not ask for names that are too long`() {
        let domain = Array(repeating: String(repeating: "a", count: 60), count: 4)
            .joined(separator: ".")
        var search = PeerSearch(domain, PeerPolicy())
        #expect(search.begin() == .ask([DNSQuestion(domain, .aaaa), DNSQuestion(domain, .a)]))
    }
}
