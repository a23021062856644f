import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Acknowledgements between servers (XEP-0198 §3–4, §6).
struct StreamManagementTests {
    private let pair = S2SVisit.pair
    private let other = DomainPair(sender: S2SVisit.capulet, target: S2SVisit.rooms)

    private func stanza(_ id: Int) -> Stanza {
        Stanza(.message, type: .chat, to: S2SVisit.montague, from: S2SVisit.capulet, id: "\(id)")
    }

    private func nonza(_ name: String, h: String? = nil) -> Element {
        Element(name, in: Namespace.streamManagement, ["h": h])
    }

    private func words(_ replies: [StreamManagement.Reply]) -> [String] {
        replies.map { reply in
            switch reply {
            case .send(let element):
                [element.name, element.attribute("h") ?? element.firstChild?.name]
                    .compactMap(\.self).joined(separator: " ")
            case .enabled: "on"
            case .refused(let held): "refused " + ids(held)
            case .acknowledged(let held): "acknowledged " + ids(held)
            case .close(let error): "close \(error.condition.rawValue)"
            }
        }
    }

    private func ids(_ held: [(DomainPair, Stanza)]) -> String {
        held.compactMap(\.1.id).joined(separator: " ")
    }

    /// One that the peer has asked for, as on a stream that it opened.
    private func asked(_ limits: StreamManagement.Limits = .init()) -> StreamManagement {
        var management = StreamManagement(limits: limits)
        _ = management.read(nonza("enable"))
        return management
    }

    // MARK: Its beginning

    @Test func `begins when the peer asks, without a way to resume`() {
        var management = StreamManagement()
        #expect(!management.isOn)
        #expect(words(management.read(nonza("enable"))) == ["enabled", "on"])
        #expect(management.isOn)
        let enable = Element("enable", in: Namespace.streamManagement, ["resume": "true"])
        management = StreamManagement()
        guard case .send(let answer) = management.read(enable).first else {
            Issue.record("no answer")
            return
        }
        #expect(answer.description == "<enabled xmlns='urn:xmpp:sm:3'/>")
    }

    @Test func `begins when the peer agrees, and counts from the question on`() throws {
        var management = StreamManagement()
        management.sent(stanza(0), for: pair)
        #expect(management.enable()?.description == "<enable xmlns='urn:xmpp:sm:3'/>")
        #expect(management.enable() == nil)
        management.sent(stanza(1), for: pair)
        management.received()
        #expect(management.request() == nil)
        #expect(management.acknowledgement == nil)
        #expect(!management.isRequestDue && !management.awaitsAnswer)
        #expect(words(management.read(nonza("enabled"))) == ["on"])
        #expect(management.isRequestDue)
        #expect(management.request()?.name == "r")
        #expect(management.receivedCount == 0, "the peer's count begins with its answer")
        #expect(words(management.read(nonza("a", h: "1"))) == ["acknowledged 1"])
    }

    @Test func `lets go when the peer does not agree`() {
        var management = StreamManagement()
        _ = management.enable()
        management.sent(stanza(1), for: pair)
        #expect(words(management.read(nonza("failed"))) == ["refused 1"])
        management.sent(stanza(2), for: pair)
        #expect(management.count == 0)
        #expect(!management.isOn)
        #expect(management.enable() == nil)
    }

    @Test func `begins once`() {
        var management = asked()
        management.received()
        #expect(words(management.read(nonza("enable"))) == ["failed unexpected-request"])
        #expect(management.receivedCount == 1, "it goes on")
        var outgoing = StreamManagement()
        _ = outgoing.enable()
        #expect(words(outgoing.read(nonza("enable"))) == ["failed unexpected-request"])
    }

    @Test func `resumes nothing`() {
        var management = StreamManagement()
        #expect(words(management.read(nonza("resume"))) == ["failed feature-not-implemented"])
        #expect(words(management.read(nonza("enable"))) == ["enabled", "on"])
        #expect(words(management.read(nonza("resume"))) == ["failed feature-not-implemented"])
    }

    @Test(arguments: ["r", "a", "enabled", "failed", "resumed", "sing"])
    func `ends a stream that speaks of it too early`(name: String) {
        var management = StreamManagement()
        #expect(words(management.read(nonza(name, h: "0"))) == ["close unsupported-stanza-type"])
    }

    @Test(arguments: ["enabled", "failed", "resumed", "sing"])
    func `ends a stream that answers what was not asked`(name: String) {
        var management = asked()
        #expect(words(management.read(nonza(name))) == ["close unsupported-stanza-type"])
    }

    // MARK: What came

    @Test func `tells what was taken on, at once and as often as it is asked`() {
        var management = asked()
        #expect(words(management.read(nonza("r"))) == ["a 0"])
        for _ in 1...3 { management.received() }
        #expect(words(management.read(nonza("r"))) == ["a 3"])
        #expect(words(management.read(nonza("r"))) == ["a 3"])
        #expect(management.acknowledgement?.attribute("h") == "3")
    }

    // MARK: What went

    @Test func `keeps what was sent, with its pair, until it is acknowledged`() {
        var management = asked()
        management.sent(stanza(1), for: pair)
        management.sent(stanza(2), for: other)
        management.sent(stanza(3), for: pair)
        #expect(management.unacknowledged.map(\.0) == [pair, other, pair])
        #expect(words(management.read(nonza("a", h: "2"))) == ["acknowledged 1 2"])
        #expect(ids(management.unacknowledged) == "3")
        #expect(words(management.read(nonza("a", h: "2"))) == [])
        #expect(words(management.read(nonza("a", h: "3"))) == ["acknowledged 3"])
        #expect(management.byteCount == 0)
    }

    @Test(arguments: [nil, "", "x", "-1", "1.0", "4294967296"])
    func `ends a stream whose count is none`(h: String?) {
        var management = asked()
        #expect(words(management.read(nonza("a", h: h))) == ["close bad-format"])
    }

    /// XEP-0198 §6.
    @Test(arguments: ["3", "4294967295"])
    func `ends a stream that acknowledges what was never sent`(h: String) {
        var management = asked()
        for id in 1...2 { management.sent(stanza(id), for: pair) }
        guard case .close(let error) = management.read(nonza("a", h: h)).first else {
            Issue.record("it goes on")
            return
        }
        #expect(error.condition == .undefinedCondition)
        #expect(
            error.application?.description
                == "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='\(h)' send-count='2'/>"
        )
        #expect(ids(management.unacknowledged) == "1 2")
    }

    @Test func `acknowledges no less than before`() {
        var management = asked()
        for id in 1...2 { management.sent(stanza(id), for: pair) }
        _ = management.read(nonza("a", h: "2"))
        #expect(words(management.read(nonza("a", h: "1"))) == ["close undefined-condition"])
    }

    // MARK: When it asks

    @Test func `asks after the first of a burst, and each twentieth`() {
        var management = asked()
        #expect(!management.isRequestDue)
        var due: [Int] = []
        for id in 1...50 {
            management.sent(stanza(id), for: pair)
            guard management.isRequestDue else { continue }
            due.append(id)
            #expect(management.request()?.name == "r")
        }
        #expect(due == [1, 21, 41])
    }

    @Test func `cannot wait with the twentieth, nor when no more may be sent`() {
        var management = asked()
        for id in 1...20 {
            #expect(!management.isRequestUrgent)
            management.sent(stanza(id), for: pair)
        }
        #expect(management.isRequestUrgent)
        _ = management.request()
        #expect(!management.isRequestUrgent)
        var limits = StreamManagement.Limits()
        limits.stanzas = 2
        var narrow = asked(limits)
        narrow.sent(stanza(1), for: pair)
        #expect(!narrow.isRequestUrgent)
        narrow.sent(stanza(2), for: pair)
        #expect(narrow.isRequestUrgent)
    }

    @Test func `asks for the rest of a burst when the first is answered`() {
        var management = asked()
        management.sent(stanza(1), for: pair)
        _ = management.request()
        for id in 2...5 { management.sent(stanza(id), for: pair) }
        #expect(!management.isRequestDue)
        _ = management.read(nonza("a", h: "1"))
        #expect(management.isRequestDue)
        _ = management.request()
        #expect(!management.isRequestDue && management.awaitsAnswer)
        _ = management.read(nonza("a", h: "5"))
        #expect(!management.isRequestDue && !management.awaitsAnswer)
    }

    @Test func `waits for an answer until what it asked about is acknowledged`() {
        var management = asked()
        #expect(!management.awaitsAnswer)
        management.sent(stanza(1), for: pair)
        #expect(!management.awaitsAnswer, "it has not asked")
        _ = management.request()
        #expect(management.awaitsAnswer)
        #expect(words(management.read(nonza("a", h: "0"))) == [])
        #expect(management.awaitsAnswer, "that was none")
        management.sent(stanza(2), for: pair)
        _ = management.read(nonza("a", h: "1"))
        #expect(!management.awaitsAnswer)
    }

    @Test func `asks whether the peer still lives`() {
        var management = asked()
        #expect(management.request()?.name == "r")
        #expect(management.awaitsAnswer)
        _ = management.read(nonza("a", h: "0"))
        #expect(!management.awaitsAnswer)
    }

    /// A peer may acknowledge more than it was asked about.
    @Test func `takes acknowledgements that it did not ask for`() {
        var management = asked()
        for id in 1...3 { management.sent(stanza(id), for: pair) }
        #expect(words(management.read(nonza("a", h: "3"))) == ["acknowledged 1 2 3"])
        #expect(!management.isRequestDue && !management.awaitsAnswer)
        management.sent(stanza(4), for: pair)
        #expect(management.isRequestDue)
    }

    // MARK: Bounds

    @Test func `is full at so many stanzas, or bytes`() {
        var limits = StreamManagement.Limits()
        limits.stanzas = 3
        var management = asked(limits)
        for id in 1...3 {
            #expect(!management.isFull)
            management.sent(stanza(id), for: pair)
        }
        #expect(management.isFull)
        _ = management.read(nonza("a", h: "1"))
        #expect(!management.isFull)
        limits = StreamManagement.Limits()
        limits.bytes = 1
        management = asked(limits)
        management.sent(stanza(1), for: pair)
        #expect(management.isFull)
    }

    @Test func `is never full where nothing is counted`() {
        var management = StreamManagement()
        for id in 1...2_000 { management.sent(stanza(id), for: pair) }
        #expect(!management.isFull && management.count == 0)
    }
}
