import MartletCore
import Testing

@testable import MartletIM

/// A row of a table of RFC 6121 Appendix A: the state, whether the stanza goes on, the new state.
struct Row: Sendable, CustomTestStringConvertible {
    let before: SubscriptionState
    let goesOn: Bool
    let after: SubscriptionState

    init(_ before: SubscriptionState, _ goesOn: Bool, _ after: SubscriptionState) {
        self.before = before
        self.goesOn = goesOn
        self.after = after
    }

    var testDescription: String { "\(before) → \(after)" }
}

private let routed = true
private let unrouted = false
private let delivered = true
private let dropped = false

/// What the user's own stanzas do (RFC 6121 §A.2).
@Suite struct OutboundSubscriptionTests {
    @Test(arguments: [  // §A.2.1
        Row(.none, routed, .noneOut),
        Row(.noneOut, routed, .noneOut),
        Row(.noneIn, routed, .noneOutIn),
        Row(.noneOutIn, routed, .noneOutIn),
        Row(.to, routed, .to),
        Row(.toIn, routed, .toIn),
        Row(.from, routed, .fromOut),
        Row(.fromOut, routed, .fromOut),
        Row(.both, routed, .both),
    ])
    func subscribe(row: Row) { check(.subscribe, row) }

    @Test(arguments: [  // §A.2.2
        Row(.none, routed, .none),
        Row(.noneOut, routed, .none),
        Row(.noneIn, routed, .noneIn),
        Row(.noneOutIn, routed, .noneIn),
        Row(.to, routed, .none),
        Row(.toIn, routed, .noneIn),
        Row(.from, routed, .from),
        Row(.fromOut, routed, .from),
        Row(.both, routed, .from),
    ])
    func unsubscribe(row: Row) { check(.unsubscribe, row) }

    @Test(arguments: [  // §A.2.3
        Row(.none, unrouted, .none),
        Row(.noneOut, unrouted, .noneOut),
        Row(.noneIn, routed, .from),
        Row(.noneOutIn, routed, .fromOut),
        Row(.to, unrouted, .to),
        Row(.toIn, routed, .both),
        Row(.from, unrouted, .from),
        Row(.fromOut, unrouted, .fromOut),
        Row(.both, unrouted, .both),
    ])
    func subscribed(row: Row) {
        let outcome = check(.subscribed, row)
        // §3.1.5: whoever is let in sees the user's presence; §3.4.2: a yes before the question is kept.
        #expect(outcome.beginsPresence == row.goesOn)
        let isAhead = [.none, .noneOut, .to].contains(row.before)
        #expect(outcome.item?.isPreApproved == isAhead)
    }

    @Test(arguments: [  // §A.2.4
        Row(.none, unrouted, .none),
        Row(.noneOut, unrouted, .noneOut),
        Row(.noneIn, routed, .none),
        Row(.noneOutIn, routed, .noneOut),
        Row(.to, unrouted, .to),
        Row(.toIn, routed, .to),
        Row(.from, routed, .none),
        Row(.fromOut, routed, .noneOut),
        Row(.both, routed, .to),
    ])
    func unsubscribed(row: Row) {
        let outcome = check(.unsubscribed, row)
        // §3.2.2: only who saw the user before is told that the user is gone.
        #expect(outcome.endsPresence == [.from, .fromOut, .both].contains(row.before))
    }

    @Test(arguments: SubscriptionState.allCases)
    func `cancelling a pre-approval is nobody else's business`(state: SubscriptionState) {
        let item = state.item(isPreApproved: true)
        let outcome = SubscriptionRules.sending(.unsubscribed, to: .juliet, item)
        #expect(outcome.item?.isPreApproved == false)
        #expect(outcome.isPushed)
        if [.none, .noneOut, .to].contains(state) { #expect(!outcome.isPassedOn) }
    }

    @discardableResult
    private func check(_ type: StanzaType, _ row: Row) -> SubscriptionOutcome {
        let before = row.before.item()
        let outcome = SubscriptionRules.sending(type, to: .juliet, before)
        #expect(outcome.isPassedOn == row.goesOn)
        #expect(SubscriptionState(outcome.item) == row.after)
        #expect(outcome.reply == nil)
        return outcome
    }
}

/// What a contact's stanzas do (RFC 6121 §A.3).
@Suite struct InboundSubscriptionTests {
    @Test(arguments: [  // §A.3.1
        Row(.none, delivered, .noneIn),
        Row(.noneOut, delivered, .noneOutIn),
        Row(.noneIn, dropped, .noneIn),
        Row(.noneOutIn, dropped, .noneOutIn),
        Row(.to, delivered, .toIn),
        Row(.toIn, dropped, .toIn),
        Row(.from, dropped, .from),
        Row(.fromOut, dropped, .fromOut),
        Row(.both, dropped, .both),
    ])
    func subscribe(row: Row) {
        let outcome = check(.subscribe, row)
        // §3.1.3: who is let in already is told so again.
        let isLetIn = [.from, .fromOut, .both].contains(row.before)
        #expect(outcome.reply == (isLetIn ? .subscribed : nil))
        #expect(!outcome.isPushed)
    }

    @Test(arguments: [  // §A.3.2
        Row(.none, dropped, .none),
        Row(.noneOut, dropped, .noneOut),
        Row(.noneIn, delivered, .none),
        Row(.noneOutIn, delivered, .noneOut),
        Row(.to, dropped, .to),
        Row(.toIn, delivered, .to),
        Row(.from, delivered, .none),
        Row(.fromOut, delivered, .noneOut),
        Row(.both, delivered, .to),
    ])
    func unsubscribe(row: Row) {
        let outcome = check(.unsubscribe, row)
        #expect(outcome.endsPresence == [.from, .fromOut, .both].contains(row.before))
        #expect(outcome.isPushed == outcome.endsPresence)
    }

    @Test(arguments: [  // §A.3.3
        Row(.none, dropped, .none),
        Row(.noneOut, delivered, .to),
        Row(.noneIn, dropped, .noneIn),
        Row(.noneOutIn, delivered, .toIn),
        Row(.to, dropped, .to),
        Row(.toIn, dropped, .toIn),
        Row(.from, dropped, .from),
        Row(.fromOut, delivered, .both),
        Row(.both, dropped, .both),
    ])
    func subscribed(row: Row) { #expect(check(.subscribed, row).isPushed == row.goesOn) }

    @Test(arguments: [  // §A.3.4
        Row(.none, dropped, .none),
        Row(.noneOut, delivered, .none),
        Row(.noneIn, dropped, .noneIn),
        Row(.noneOutIn, delivered, .noneIn),
        Row(.to, delivered, .none),
        Row(.toIn, delivered, .noneIn),
        Row(.from, dropped, .from),
        Row(.fromOut, delivered, .from),
        Row(.both, delivered, .from),
    ])
    func unsubscribed(row: Row) { #expect(check(.unsubscribed, row).isPushed == row.goesOn) }

    @Test(arguments: [  // §3.4.2: the answer was given before the question.
        Row(.none, dropped, .from),
        Row(.noneOut, dropped, .fromOut),
        Row(.to, dropped, .both),
    ])
    func `a pre-approved contact is let in at once`(row: Row) {
        let item = row.before.item(isPreApproved: true)
        let outcome = SubscriptionRules.receiving(.subscribe, from: .juliet, item)
        #expect(!outcome.isPassedOn)
        #expect(SubscriptionState(outcome.item) == row.after)
        #expect(outcome.reply == .subscribed)
        #expect(outcome.beginsPresence && outcome.isPushed)
    }

    private func check(_ type: StanzaType, _ row: Row) -> SubscriptionOutcome {
        let outcome = SubscriptionRules.receiving(type, from: .juliet, row.before.item())
        #expect(outcome.isPassedOn == row.goesOn)
        #expect(SubscriptionState(outcome.item) == row.after)
        #expect(!outcome.beginsPresence)
        return outcome
    }
}

/// Contacts who are in no roster, and those who leave one.
@Suite struct SubscriptionEdgeTests {
    @Test func `a stranger's request leaves no item that the user sees`() {
        let outcome = SubscriptionRules.receiving(.subscribe, from: .juliet, nil)
        #expect(outcome.item?.isInRoster == false)
        #expect(outcome.item?.isPendingIn == true)
        #expect(!outcome.isPushed)
    }

    @Test func `refusing a stranger leaves nothing`() {
        let asked = SubscriptionRules.receiving(.subscribe, from: .juliet, nil).item
        let outcome = SubscriptionRules.sending(.unsubscribed, to: .juliet, asked)
        #expect(outcome.item == nil)
        #expect(outcome.isPassedOn && !outcome.isPushed && !outcome.endsPresence)
    }

    @Test func `letting a stranger in puts them into the roster`() {
        let asked = SubscriptionRules.receiving(.subscribe, from: .juliet, nil).item
        let outcome = SubscriptionRules.sending(.subscribed, to: .juliet, asked)
        #expect(outcome.item?.isInRoster == true)
        #expect(outcome.item?.subscription == .from)
        #expect(outcome.isPushed)
    }

    @Test(arguments: [StanzaType.unsubscribe, .subscribed, .unsubscribed])
    func `a stranger's other stanzas change nothing`(type: StanzaType) {
        let outcome = SubscriptionRules.receiving(type, from: .juliet, nil)
        #expect(outcome == SubscriptionOutcome())
    }

    @Test(arguments: [StanzaType.unsubscribe, .unsubscribed])
    func `taking back what was never given makes no item`(type: StanzaType) {
        let outcome = SubscriptionRules.sending(type, to: .juliet, nil)
        #expect(outcome.item == nil)
        #expect(!outcome.isPushed)
    }

    @Test func `a request that was answered is forgotten`() {
        var item = SubscriptionState.noneIn.item()
        item.pendingRequest = [1]
        for type in [StanzaType.subscribed, .unsubscribed] {
            let outcome = SubscriptionRules.sending(type, to: .juliet, item)
            #expect(outcome.item?.pendingRequest == nil)
        }
    }

    @Test(arguments: [  // RFC 6121 §2.5.2
        (SubscriptionState.none, [StanzaType]()),
        (.noneOut, [.unsubscribe]),
        (.noneIn, [.unsubscribed]),
        (.noneOutIn, [.unsubscribe, .unsubscribed]),
        (.to, [.unsubscribe]),
        (.toIn, [.unsubscribe, .unsubscribed]),
        (.from, [.unsubscribed]),
        (.fromOut, [.unsubscribe, .unsubscribed]),
        (.both, [.unsubscribe, .unsubscribed]),
    ])
    func `removal tells the contact what ends`(state: SubscriptionState, told: [StanzaType]) {
        #expect(SubscriptionRules.removing(state.item()) == told)
    }
}
