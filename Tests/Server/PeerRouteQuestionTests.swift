import MartletCore
import MartletNet
import MartletStreams
import Testing

@testable import MartletServer

/// Dialback questions: which stream they go over, and how they end.
struct PeerRouteQuestionTests {
    private let gone = S2SFault.lost("the connection broke")
    private let claims = NamedLink("C")

    @Test func `opens a stream that only asks, and ends it after the last answer`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        #expect(stage.ask("k1", over: claims) == ["dial 1 fresh"])
        #expect(stage.route.purpose(of: 1) == .questions)
        #expect(stage.ask("k2", over: claims) == [])
        _ = stage.hear(.linked(1, link))
        #expect(stage.hear(.featured(link)) == ["ask A: k1", "ask A: k2"])
        #expect(stage.hear(.answered(question("k1"), .valid)) == ["reply k1 valid"])
        #expect(
            stage.hear(.answered(question("k2"), .invalid)) == [
                "reply k2 invalid", "forget 1", "end A",
            ]
        )
        #expect(stage.route.rules.budget.questions == 0)
        #expect(stage.hear(.answered(question("k1"), .valid)) == [])
        #expect(stage.hear(.closed(link, gone)) == [])
        #expect(stage.route.isForgettable(at: stage.now))
    }

    @Test func `asks over the stream that is open`() {
        let stage = RouteStage()
        _ = stage.opened("A")
        #expect(stage.ask("k1", over: claims) == ["ask A: k1"])
        #expect(stage.hear(.answered(question("k1"), .valid)) == ["reply k1 valid"])
        #expect(stage.take("m1") == ["write A: m1"])
    }

    @Test func `asks over the stream that is being opened, once it leads somewhere`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        #expect(stage.ask("k1", over: claims) == [])
        _ = stage.hear(.linked(1, link))
        #expect(stage.ask("k2", over: claims) == [])
        #expect(stage.hear(.featured(link)) == ["ask A: k1", "ask A: k2"])
        #expect(stage.ask("k3", over: claims) == ["ask A: k3"])
        #expect(stage.hear(.authorized(link)) == ["forget 1", "write A: m1"])
    }

    @Test func `writes nothing over a stream beside whose end is told when the next try is due`() {
        let stage = RouteStage()
        let (link, beside) = (stage.opened("A"), NamedLink("B"))
        _ = stage.ask("k1", over: link)
        _ = stage.hear(.linked(2, beside))
        _ = stage.hear(.featured(beside))
        _ = stage.hear(.authorized(beside))
        let lost = [message("m1")]
        _ = stage.hear(.undelivered(link, unwritten: lost, unacknowledged: [], gone))
        #expect(stage.hear(.closed(link, gone)) == [])
        // The pause is over, and nothing has woken the route yet.
        stage.now = stage.now.advanced(by: .seconds(2))
        let words = stage.hear(.closed(beside, gone))
        #expect(words.contains("dial 3"))
        #expect(!words.contains { $0.hasPrefix("write") })
    }

    @Test func `asks a stream about itself never, but over another beside`() {
        let stage = RouteStage()
        let (link, beside) = (stage.opened("A"), NamedLink("B"))
        #expect(stage.ask("k1", over: link) == ["dial 2 fresh"])
        _ = stage.hear(.linked(2, beside))
        #expect(stage.hear(.featured(beside)) == ["ask B: k1"])
        #expect(stage.take("m1") == ["write A: m1"])
        #expect(
            stage.hear(.answered(question("k1"), .valid)) == [
                "reply k1 valid", "forget 2", "end B",
            ]
        )
    }

    @Test func `asks beside a stream that is borrowed, so that a peer may come back`() {
        let stage = RouteStage()
        let (dead, beside) = (NamedLink("P"), NamedLink("B"))
        _ = stage.hear(.reversible(dead))
        #expect(stage.ask("k1", over: claims) == ["dial 1 fresh"])
        _ = stage.hear(.linked(1, beside))
        _ = stage.hear(.featured(beside))
        _ = stage.hear(.answered(question("k1"), .valid))
        #expect(stage.hear(.reversible(claims)) == ["end P"])
        #expect(stage.hear(.closed(dead, gone)) == [])
        #expect(stage.take("m1") == ["write C: m1"])
    }

    @Test func `a question ends no rest, but its peer does by being there`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        _ = stage.hear(.exhausted(1, gone))
        #expect(stage.ask("k1", over: claims) == ["dial 2 fresh"])
        // Whoever claims to be the peer has proved nothing.
        #expect(stage.take("m2") == ["bounce m2: \(gone)"])
        #expect(stage.route.purpose(of: 2) == .questions)
        _ = stage.hear(.linked(2, link))
        #expect(stage.take("m3") == ["bounce m3: \(gone)"])
        #expect(stage.hear(.featured(link)) == ["ask A: k1"])
        // From now on, a stanza goes the same way.
        #expect(stage.take("m4") == ["want A"])
        #expect(stage.hear(.authorized(link)) == ["forget 2", "write A: m4"])
    }

    @Test func `who claims again and again has no more dialled than one`() {
        let stage = RouteStage { $0.backoffTime = .seconds(5) }
        let fault = S2SFault.unreachable(.remoteServerTimeout, "no")
        let told = "failed(\(String(reflecting: DialbackFault.remoteConnectionFailed)))"
        #expect(stage.ask("k1", over: claims) == ["dial 1 fresh"])
        #expect(stage.hear(.exhausted(1, fault)) == ["forget 1", "reply k1 \(told)"])
        for number in 2..<60 {
            #expect(stage.ask("k\(number)", over: claims) == ["reply k\(number) \(told)"])
        }
        #expect(stage.route.rules.budget.questions == 0)
        _ = stage.pass(.seconds(5))
        #expect(stage.ask("late", over: claims) == ["dial 2 fresh"])
    }

    @Test func `a peer that has proved itself is asked at once`() {
        let stage = RouteStage()
        _ = stage.ask("k1", over: claims)
        _ = stage.hear(.exhausted(1, gone))
        _ = stage.hear(.met)
        #expect(stage.ask("k2", over: claims) == ["dial 2 fresh"])
    }

    @Test func `a stream that was refused the pair, and asks on, is told again to want it`() {
        let stage = RouteStage()
        let (link, lent) = (NamedLink("A"), NamedLink("B"))
        _ = stage.take("m1")
        _ = stage.hear(.linked(1, link))
        _ = stage.hear(.featured(link))
        _ = stage.ask("k1", over: claims)
        // Its pair goes over to the peer's own stream; it stays for the question.
        #expect(stage.hear(.reversible(lent)) == ["write B: m1"])
        #expect(stage.hear(.refused(link, .dialbackInvalid)) == [])
        _ = stage.hear(.closed(lent, gone))
        #expect(stage.take("m2") == ["want A"])
    }

    @Test func `has a stream that asks carry the pair as well when a stanza comes`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.ask("k1", over: claims)
        _ = stage.hear(.linked(1, link))
        // Made to ask, and not featured yet: it is told as soon as it is.
        #expect(stage.take("m1") == [])
        #expect(stage.hear(.featured(link)) == ["want A", "ask A: k1"])
        #expect(stage.hear(.answered(question("k1"), .valid)) == ["reply k1 valid"])
        #expect(stage.hear(.authorized(link)) == ["forget 1", "write A: m1"])

        let other = RouteStage()
        _ = other.ask("k1", over: claims)
        _ = other.hear(.linked(1, link))
        _ = other.hear(.featured(link))
        #expect(other.take("m1") == ["want A"])
    }

    @Test(arguments: [
        (S2SFault.unreachable(.remoteServerNotFound, "no"), DialbackFault.remoteServerNotFound),
        (.unreachable(.remoteServerTimeout, "no"), .remoteConnectionFailed),
        (.stream(.hostUnknown), .remoteServerNotFound),
        (.timedOut, .remoteServerTimeout),
        (.overloaded, .resourceConstraint),
    ])
    func `fails with the attempt`(fault: S2SFault, told: DialbackFault) {
        let stage = RouteStage()
        _ = stage.ask("k1", over: claims)
        #expect(
            stage.hear(.exhausted(1, fault)) == [
                "forget 1", "reply k1 failed(\(reflecting: told))",
            ]
        )
        #expect(stage.route.rules.budget.questions == 0)
        #expect(stage.route.asking == nil)
    }

    @Test func `fails after its time, and gives the attempt up`() {
        let stage = RouteStage()
        _ = stage.ask("k1", over: claims)
        #expect(stage.pass(.milliseconds(19_999)) == [])
        #expect(
            stage.pass(.milliseconds(1)) == [
                "reply k1 failed(\(reflecting: DialbackFault.remoteServerTimeout))", "forget 1",
            ]
        )
    }

    @Test func `is asked again at the next place`() {
        let stage = RouteStage()
        let (first, second) = (NamedLink("A"), NamedLink("B"))
        _ = stage.take("m1")
        _ = stage.ask("k1", over: claims)
        _ = stage.hear(.linked(1, first))
        _ = stage.hear(.featured(first))
        #expect(stage.hear(.closed(first, gone)) == ["next 1"])
        _ = stage.hear(.linked(1, second))
        #expect(stage.hear(.featured(second)) == ["ask B: k1"])
    }

    @Test func `is asked once more over a new stream when an open one dies with it`() {
        let stage = RouteStage()
        let (link, fresh) = (stage.opened("A"), NamedLink("B"))
        _ = stage.ask("k1", over: claims)
        #expect(stage.hear(.closed(link, gone)) == ["dial 2 fresh"])
        _ = stage.hear(.linked(2, fresh))
        #expect(stage.hear(.featured(fresh)) == ["ask B: k1"])
        #expect(
            stage.hear(.closed(fresh, gone)) == [
                "forget 2", "reply k1 failed(\(reflecting: DialbackFault.remoteServerTimeout))",
            ]
        )
    }

    @Test func `keeps a refused stream for the questions that are on it`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        _ = stage.ask("k1", over: claims)
        _ = stage.hear(.linked(1, link))
        _ = stage.hear(.featured(link))
        #expect(
            stage.hear(.refused(link, .dialback(.forbidden))) == [
                "bounce m1: it could not verify our dialback key: forbidden"
            ]
        )
        #expect(
            stage.hear(.answered(question("k1"), .valid)) == [
                "reply k1 valid", "forget 1", "end A",
            ]
        )
    }

    @Test func `keeps an attempt for the questions on it when the queue goes elsewhere`() {
        let stage = RouteStage()
        let link = NamedLink("A")
        _ = stage.take("m1")
        _ = stage.ask("k1", over: claims)
        #expect(stage.hear(.reversible(NamedLink("P"))) == ["write P: m1"])
        _ = stage.hear(.linked(1, link))
        #expect(stage.hear(.featured(link)) == ["ask A: k1"])
        #expect(stage.hear(.authorized(link)) == [])
        #expect(stage.take("m2") == ["write P: m2"])
    }

    @Test func `is refused when the process asks enough`() {
        let budget = S2SBudget()
        let one = RouteStage(budget) { $0.verifiesUnderWay = 1 }
        let two = RouteStage(budget) { $0.verifiesUnderWay = 1 }
        _ = one.ask("k1", over: claims)
        #expect(
            two.ask("k2", over: claims) == [
                "reply k2 failed(\(reflecting: DialbackFault.resourceConstraint))"
            ]
        )
        _ = one.hear(.exhausted(1, gone))
        #expect(two.ask("k3", over: claims) == ["dial 1 fresh"])
    }

    @Test func `is refused about a peer that is not admitted`() {
        let stage = RouteStage()
        _ = stage.ask("k1", over: claims)
        let refused = "failed(\(reflecting: DialbackFault.policyViolation))"
        #expect(
            stage.hear(.bar(.notAdmitted, StreamError(.policyViolation))) == [
                "reply k1 \(refused)", "forget 1",
            ]
        )
        #expect(stage.ask("k2", over: claims) == ["reply k2 \(refused)"])
    }
}

extension String.StringInterpolation {
    /// As it is written within another value.
    mutating func appendInterpolation(reflecting value: DialbackFault) {
        appendLiteral(String(reflecting: value))
    }
}
