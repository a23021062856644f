import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Every state of a client's stream, and every kind of element in it (RFC 6120 §4–7, XEP-0198 §3).
struct C2STableTests {
    private static let early = "header, close bad-format"
    private static let stranger = "close not-authorized"
    private static let late = "close policy-violation"
    private static let malformed = "failed nobody, failure malformed-request"

    /// What comes of an element, stage by stage, from `fresh` to `closed`.
    static let table: [(String, [String])] = [
        (
            Wire.startTLS,
            [
                early, "proceed, start TLS", late, early, late, late, early, stranger, late,
                late, "",
            ]
        ),
        (
            Wire.plain,
            [
                early, "failed nobody, failure encryption-required", late, early,
                "verify rose of romeo@montague.example",
                "failed romeo@montague.example, failure malformed-request", early, stranger,
                late, late, "",
            ]
        ),
        (
            Wire.response,
            [
                early, malformed, late, early, malformed,
                "failed romeo@montague.example, failure malformed-request", early, stranger,
                late, late, "",
            ]
        ),
        (
            Wire.abort,
            [
                early, malformed, late, early, malformed,
                "failed romeo@montague.example, failure aborted", early, stranger, late, late,
                "",
            ]
        ),
        (
            Wire.unknownSASL,
            [
                early, malformed, late, early, malformed,
                "failed romeo@montague.example, failure malformed-request", early, stranger,
                late, late, "",
            ]
        ),
        (
            Wire.message,
            [
                early, stranger, late, early, stranger, stranger, early, stranger,
                "stanza message", "stanza message", "",
            ]
        ),
        (
            Wire.bind,
            [
                early, stranger, late, early, stranger, stranger, early,
                "bind balcony of romeo@montague.example", "iq bind error", "iq bind error", "",
            ]
        ),
        (
            Wire.enable,
            [
                early, stranger, late, early, stranger, stranger, early, "manage enable",
                "manage enable", "manage enable", "",
            ]
        ),
        (
            Wire.resume,
            [
                early, stranger, late, early, stranger, stranger, early, "manage resume",
                "manage resume", "manage resume", "",
            ]
        ),
        (
            Wire.request,
            [
                early, stranger, late, early, stranger, stranger, early, "manage r", "manage r",
                "manage r", "",
            ]
        ),
        (
            Wire.foreign,
            [
                early, stranger, late, early, stranger, stranger, early, stranger,
                "stanza nightingale", "stanza nightingale", "",
            ]
        ),
        (Wire.error, Array(repeating: "close ", count: 10) + [""]),
    ]

    @Test(arguments: table)
    func `answers an element as its state asks`(xml: String, outcomes: [String]) throws {
        try #require(outcomes.count == Stage.allCases.count)
        for (stage, outcome) in zip(Stage.allCases, outcomes) {
            var machine = try stage.machine()
            let actions = machine.receive(.element(try Element.parse(xml)))
            let told = actions.map(\.summary).joined(separator: ", ")
            #expect(told == outcome, "\(stage): \(xml)")
            #expect(machine.isClosed == (outcome.contains("close") || stage == .closed))
        }
    }

    @Test(arguments: Stage.allCases)
    func `takes a header only where a stream begins`(stage: Stage) throws {
        var machine = try stage.machine()
        let told = machine.receive(.opened(.client())).map(\.summary)
        switch stage {
        case .fresh, .reopening, .loggedIn: #expect(told == ["header", "features"])
        case .closed: #expect(told == [])
        default: #expect(told == ["close bad-format"])
        }
    }

    @Test(arguments: Stage.allCases)
    func `ends when the client does`(stage: Stage) throws {
        var machine = try stage.machine()
        #expect(machine.told(.closed) == (stage == .closed ? [] : ["close "]))
        #expect(machine.isClosed)
    }

    /// RFC 6120 §4.9.1.2: the error stands in a stream, a new one too.
    @Test(arguments: Stage.allCases)
    func `opens a stream to tell an error`(stage: Stage) throws {
        var machine = try stage.machine()
        let told = machine.close(StreamError(.connectionTimeout)).map(\.summary)
        switch stage {
        case .fresh, .reopening, .loggedIn:
            #expect(told == ["header", "close connection-timeout"])
        case .closed: #expect(told == [])
        default: #expect(told == ["close connection-timeout"])
        }
        #expect(machine.close(StreamError(.reset)).isEmpty, "a stream ends once")
    }

    /// What became of work that nobody waits for any more changes nothing.
    @Test(arguments: Stage.allCases)
    func `ignores answers to what it did not ask`(stage: Stage) throws {
        var machine = try stage.machine()
        if stage != .authenticating {
            #expect(machine.told(.verified(true)) == [])
            #expect(machine.told(.credentials(nil)) == [])
            #expect(machine.account == (stage.isLoggedIn ? romeo : nil))
        }
        if stage != .binding {
            #expect(machine.told(.bound(balcony)) == [])
            #expect(machine.told(.bindRefused(.conflict)) == [])
        }
        if stage != .authenticated {
            let wasBound = machine.isBound
            #expect(machine.told(.resumed(balcony)) == [])
            #expect(machine.isBound == wasBound)
        }
    }
}

extension Stage {
    fileprivate var isLoggedIn: Bool {
        [.loggedIn, .authenticated, .binding, .bound].contains(self)
    }
}
