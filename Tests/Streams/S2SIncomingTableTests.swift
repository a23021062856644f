import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Where a stream that another server opened may stand, and how it gets there.
enum VisitStage: String, CaseIterable {
    case fresh, plain, securing, reopening, secured, authenticating, proved, authenticated, dialled,
        closed

    func visit() throws -> S2SVisit {
        switch self {
        case .fresh: return S2SVisit()
        case .plain: return .open(nil)
        case .securing: return try after(.plain, Wire.startTLS)
        case .reopening: return try after(.securing, .secured(S2SVisit.visitor))
        case .secured: return try after(.reopening, .opened(.server()))
        case .authenticating: return try after(.secured, VisitWire.bareAuth)
        case .proved: return try after(.authenticating, VisitWire.response)
        case .authenticated: return try after(.proved, .opened(.server()))
        case .dialled: return try .dialled()
        case .closed: return try after(.plain, .closed)
        }
    }

    private func after(_ stage: VisitStage, _ xml: String) throws -> S2SVisit {
        try after(stage, .element(try Element.parse(xml)))
    }

    private func after(_ stage: VisitStage, _ event: S2SEvent) throws -> S2SVisit {
        var visit = try stage.visit()
        _ = visit.machine.receive(event)
        return visit
    }
}

/// Every state of a stream from another server, and every kind of element in it.
struct S2SIncomingTableTests {
    private static let early = "header, close bad-format"
    private static let late = "close policy-violation"
    private static let stranger = "close not-authorized"
    private static let unknown = "close unsupported-stanza-type"
    private static let malformed = "failure malformed-request"
    private static let success =
        "success, authorized capulet.example → montague.example by certificate, restart"
    private static let isOurs = "verify montague.example capulet.example valid"
    private static let isAuthorized = "result montague.example capulet.example valid"
    private static let failed = "failed unexpected-request"

    /// What comes of an element, stage by stage, from `fresh` to `closed`.
    static let table: [(String, [String])] = [
        (
            Wire.startTLS,
            [early, "proceed, start TLS", late, early, late, late, early, late, late, ""]
        ),
        (
            VisitWire.auth,
            [
                early, "failure encryption-required", late, early, success, malformed, early, late,
                late, "",
            ]
        ),
        (
            VisitWire.response,
            [early, malformed, late, early, malformed, success, early, late, late, ""]
        ),
        (
            Wire.abort,
            [early, malformed, late, early, malformed, "failure aborted", early, late, late, ""]
        ),
        (
            Wire.unknownSASL,
            [early, malformed, late, early, malformed, malformed, early, late, late, ""]
        ),
        (VisitWire.bidi, [early, late, late, early, "", "", early, late, late, ""]),
        (
            VisitWire.claim(),
            [
                early, "result montague.example capulet.example policy-violation", late, early,
                isAuthorized + ", authorized capulet.example → montague.example by certificate",
                isAuthorized + ", authorized capulet.example → montague.example by certificate",
                early, isAuthorized, isAuthorized, "",
            ]
        ),
        (
            VisitWire.verify(),
            [
                early, "verify montague.example capulet.example policy-violation", late, early,
                isOurs, isOurs, early, isOurs, isOurs, "",
            ]
        ),
        (
            VisitWire.answer,
            [
                early, stranger, late, early, stranger, stranger, early, stranger, stranger, "",
            ]
        ),
        (
            VisitWire.message,
            [
                early, stranger, late, early, stranger, stranger, early, "stanza message",
                "stanza message", "",
            ]
        ),
        (
            Wire.enable,
            [
                early, failed, late, early, failed, failed, early, "manage enable", "manage enable",
                "",
            ]
        ),
        (
            Wire.request,
            [early, stranger, late, early, stranger, stranger, early, "manage r", "manage r", ""]
        ),
        (
            Wire.foreign,
            [early, stranger, late, early, stranger, stranger, early, unknown, unknown, ""]
        ),
        (Wire.error, Array(repeating: "fail, close ", count: 9) + [""]),
    ]

    @Test(arguments: table)
    func `answers an element as its state asks`(xml: String, outcomes: [String]) throws {
        try #require(outcomes.count == VisitStage.allCases.count)
        for (stage, outcome) in zip(VisitStage.allCases, outcomes) {
            var visit = try stage.visit()
            let told = try visit.read(xml).joined(separator: ", ")
            #expect(told == outcome, "\(stage): \(xml)")
            #expect(visit.machine.isClosed == (outcome.contains("close") || stage == .closed))
        }
    }

    @Test(arguments: VisitStage.allCases)
    func `takes a header only where a stream begins`(stage: VisitStage) throws {
        var visit = try stage.visit()
        let told = visit.told(.opened(.server()))
        switch stage {
        case .fresh: #expect(told == ["header", "features starttls bidi"])
        case .reopening: #expect(told == ["header", "features mechanisms dialback bidi"])
        case .proved: #expect(told == ["header", "features sm limits"])
        case .closed: #expect(told == [])
        default: #expect(told == ["close bad-format"])
        }
    }

    @Test(arguments: VisitStage.allCases)
    func `ends when the peer does`(stage: VisitStage) throws {
        var visit = try stage.visit()
        #expect(visit.told(.closed) == (stage == .closed ? [] : ["close "]))
        #expect(visit.machine.isClosed)
    }

    /// RFC 6120 §4.9.1.2: the error stands in a stream, a new one too.
    @Test(arguments: VisitStage.allCases)
    func `opens a stream to tell an error`(stage: VisitStage) throws {
        var visit = try stage.visit()
        let told = visit.machine.close(StreamError(.connectionTimeout)).map(\.gist)
        switch stage {
        case .fresh, .reopening, .proved: #expect(told == ["header", "close connection-timeout"])
        case .closed: #expect(told == [])
        default: #expect(told == ["close connection-timeout"])
        }
        #expect(visit.machine.close(StreamError(.reset)).isEmpty, "a stream ends once")
    }

    /// What became of work that nobody waits for any more changes nothing.
    @Test(arguments: VisitStage.allCases)
    func `ignores answers to what it did not ask, and what is for streams of ours`(
        stage: VisitStage
    ) throws {
        var visit = try stage.visit()
        let pairs = visit.machine.pairs
        let question = DialbackQuestion(pair: S2SVisit.pair, streamID: "s1", key: "key")
        for event: S2SEvent in [
            .verified(question, .valid), .connected, .wants(S2SVisit.pair), .ask(question),
        ] {
            #expect(visit.told(event) == [])
        }
        #expect(visit.machine.pairs == pairs)
    }
}
