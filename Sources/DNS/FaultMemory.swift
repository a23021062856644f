internal import MartletNet

/// The domains of which look-ups failed lately, so that who names them often asks the DNS seldom.
///
/// When it is full, the oldest makes room.
struct FaultMemory {
    private struct Entry {
        let fault: PeerFault
        let end: ShardInstant
        let number: UInt64
    }

    private let limit: Int
    private var entries: [String: Entry] = [:]
    /// In the order in which they came; some are gone or were replaced since.
    private var order: [(domain: String, number: UInt64)] = []
    private var oldest = 0
    private var number: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { entries.count }

    mutating func fault(of domain: String, at now: ShardInstant) -> PeerFault? {
        guard let entry = entries[domain] else { return nil }
        guard entry.end > now else {
            entries[domain] = nil
            return nil
        }
        return entry.fault
    }

    mutating func remember(_ fault: PeerFault, of domain: String, until end: ShardInstant) {
        guard limit > 0 else { return }
        number += 1
        entries[domain] = Entry(fault: fault, end: end, number: number)
        order.append((domain, number))
        while entries.count > limit { forgetOldest() }
        if order.count > 2 * limit { tidy() }
    }

    mutating func forget(_ domain: String) {
        entries[domain] = nil
    }

    private mutating func forgetOldest() {
        let (domain, number) = order[oldest]
        oldest += 1
        if entries[domain]?.number == number { entries[domain] = nil }
    }

    /// Drops what of `order` says nothing any more; once in `limit` calls.
    private mutating func tidy() {
        order = order[oldest...].filter { entries[$0.domain]?.number == $0.number }
        oldest = 0
    }
}
