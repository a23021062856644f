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
    /// Stanzas that homes may have before them; with more, the peer is read no further.
    static let stanzaLimit = 1_000

    /// Stanzas that were handed over since the last round began.
    var handedOver = 0
    /// Those of them that count for the peer.
    var counted: UInt32 = 0
    /// The accounts that they went to.
    var destinations: Set<JID> = []
    /// Whether homes are being asked.
    var isUnderWay = false
    /// How many `<r/>` wait for an answer.
    var questions = 0

    var isFull: Bool {
        handedOver >= Self.stanzaLimit || destinations.count >= Self.destinationLimit
    }
}

extension S2SConnection {
    /// Notes where a stanza went, if anywhere: homes that wait for the store must not be given ever more.
    func noteReceipt(for to: JID?) {
        receipts.handedOver += 1
        if delivery.management.isOn { receipts.counted &+= 1 }
        if let to, to.hasLocalpart { receipts.destinations.insert(to.bare) }
        guard receipts.isFull else { return }
        if receipts.isUnderWay { edge.pause(.home) } else { beginReceipts() }
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
        let (count, questions) = (receipts.counted, receipts.questions)
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
        edge.resume(.home)
        delivery.management.received(count)
        guard !machine.isClosed else { return }
        for _ in 0..<questions {
            if let answer = delivery.management.acknowledgement { edge.write(answer) }
        }
        if receipts.questions > 0 || receipts.isFull { beginReceipts() }
    }
}
