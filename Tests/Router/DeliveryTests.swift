import MartletCore
import Testing

@testable import MartletRouter

private func jid(_ text: String) -> JID {
    do { return try JID(text) } catch { preconditionFailure("\(text): \(error)") }
}

private let bare = jid("juliet@capulet.example")
private let first = jid("juliet@capulet.example/balcony")
private let second = jid("juliet@capulet.example/chamber")
private let gone = jid("juliet@capulet.example/gone")

private func there(_ jid: JID, _ priority: Int) -> Delivery.Resource {
    Delivery.Resource(jid: jid, isAvailable: true, priority: priority)
}

private let nobody: [Delivery.Resource] = []
private let silent = [Delivery.Resource(jid: first, isAvailable: false, priority: 0)]
private let negative = [there(first, -1), there(second, -128)]
private let one = [there(first, -1), there(second, 0)]
private let several = [there(first, 1), there(second, 10)]

/// A column of the RFC's table: what becomes of each type of message.
struct Rule: Sendable {
    let normal: Delivery
    let chat: Delivery
    let groupchat: Delivery
    let headline: Delivery
    /// Not in the table: RFC 6121 §8.5.2.1.1, §8.5.2.2.1 and §8.5.3.2.1.
    var error = Delivery.ignore

    var byType: [(StanzaType, Delivery)] {
        [
            (.normal, normal), (.chat, chat), (.groupchat, groupchat), (.headline, headline),
            (.error, error),
        ]
    }
}

extension Delivery {
    fileprivate static let returned = Delivery.bounce(.serviceUnavailable)
}

/// The table of RFC 6121 §8.5.4, row by row.
///
/// Where it says "silently ignore" and the text (§8.5.3.2.1) allows an error too, the sender is told.
@Suite struct MessageDeliveryTests {
    @Test(arguments: [nobody, silent])
    func `no available resource, bare address`(resources: [Delivery.Resource]) {
        check(
            bare,
            resources,
            Rule(normal: .offline, chat: .offline, groupchat: .returned, headline: .ignore)
        )
    }

    @Test(arguments: [nobody, silent])
    func `no available resource, full address`(resources: [Delivery.Resource]) {
        check(
            gone,
            resources,
            Rule(normal: .returned, chat: .offline, groupchat: .returned, headline: .ignore)
        )
    }

    @Test func `a bound resource that is not available is found by its full address`() {
        checkAll(first, silent, .to([0]))
    }

    @Test func `negative resources only, bare address`() {
        check(
            bare,
            negative,
            Rule(normal: .offline, chat: .offline, groupchat: .returned, headline: .ignore)
        )
    }

    @Test func `negative resources only, full address that matches`() {
        checkAll(second, negative, .to([1]))
    }

    @Test func `negative resources only, full address that matches none`() {
        check(
            gone,
            negative,
            Rule(normal: .returned, chat: .offline, groupchat: .returned, headline: .ignore)
        )
    }

    @Test func `one resource that is not negative, bare address`() {
        check(
            bare,
            one,
            Rule(normal: .to([1]), chat: .to([1]), groupchat: .returned, headline: .to([1]))
        )
    }

    @Test func `one resource that is not negative, full address that matches`() {
        checkAll(first, one, .to([0]))
        checkAll(second, one, .to([1]))
    }

    @Test func `one resource that is not negative, full address that matches none`() {
        check(
            gone,
            one,
            Rule(normal: .returned, chat: .to([1]), groupchat: .returned, headline: .ignore)
        )
    }

    @Test func `several resources that are not negative, bare address`() {
        check(
            bare,
            several,
            Rule(
                normal: .to([0, 1]),
                chat: .to([0, 1]),
                groupchat: .returned,
                headline: .to([0, 1])
            )
        )
    }

    @Test func `several resources that are not negative, full address that matches`() {
        checkAll(first, several, .to([0]))
    }

    @Test func `several resources that are not negative, full address that matches none`() {
        check(
            gone,
            several,
            Rule(normal: .returned, chat: .to([0, 1]), groupchat: .returned, headline: .ignore)
        )
    }

    private func check(_ to: JID, _ resources: [Delivery.Resource], _ rule: Rule) {
        for (type, expected) in rule.byType {
            #expect(Delivery.ofMessage(type, to: to, resources: resources) == expected, "\(type)")
        }
    }

    private func checkAll(_ to: JID, _ resources: [Delivery.Resource], _ expected: Delivery) {
        for type in [StanzaType.normal, .chat, .groupchat, .headline, .error] {
            #expect(Delivery.ofMessage(type, to: to, resources: resources) == expected, "\(type)")
        }
    }
}
