import MartletCore
import MartletStreams
import MartletXML

/// What a peer is told that we have (XEP-0198): what was stored, delivered or returned, and not
/// what only stands in our memory.
///
/// The peer forgets what is acknowledged.
struct S2SReceipts: Sendable {
    /// Destinations that are remembered before they are asked without being told to.
    static let destinationLimit = 256

    /// Stanzas that were handed over since the last round began.
    var handedOver: UInt32 = 0
    /// The accounts that they went to.
    var destinations: Set<JID> = []
    /// Whether homes are being asked.
    var isUnderWay = false
    /// How many `<r/>` wait for an answer.
    var questions = 0
}

extension S2SConnection {
    /// Notes where a stanza went that will be acknowledged.
    func noteReceipt(of stanza: Stanza) {
        guard delivery.management.isOn else { return }
        receipts.handedOver &+= 1
        if let to = stanza.to, to.hasLocalpart { receipts.destinations.insert(to.bare) }
        if receipts.destinations.count >= S2SReceipts.destinationLimit { beginReceipts() }
    }

    /// The peer asks how much we have; it is told when that is true.
    ///
    /// Answers go in order.
    func answerRequest() {
        receipts.questions += 1
        beginReceipts()
    }

    private func beginReceipts() {
        guard !receipts.isUnderWay else { return }
        let (count, questions) = (receipts.handedOver, receipts.questions)
        let destinations = receipts.destinations
        receipts = S2SReceipts()
        receipts.isUnderWay = true
        let home = service.router.homes[shard.index]
        home.assumeIsolated { home in
            home.whenDealtWith(destinations) { [self] in
                shard.submit { self.assumeIsolated { $0.endReceipts(count, questions) } }
            }
        }
    }

    private func endReceipts(_ count: UInt32, _ questions: Int) {
        receipts.isUnderWay = false
        delivery.management.received(count)
        guard !machine.isClosed else { return }
        for _ in 0..<questions {
            if let answer = delivery.management.acknowledgement { edge.write(answer) }
        }
        if receipts.questions > 0 { beginReceipts() }
    }
}
