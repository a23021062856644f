/// What a shard calls when a descriptor is ready, and when it stops.
protocol EventSource: AnyObject {
    func isReady(_ readiness: Readiness)
    func shardStops()
}

/// The event sources of a shard, by token.
///
/// A token holds a generation beside its slot: events that epoll reported in one batch for a
/// descriptor closed (and perhaps reused) earlier in that batch find nobody.
struct SourceTable {
    private struct Slot {
        var generation: UInt32 = 0
        var source: (any EventSource)?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []

    var count: Int { slots.count - free.count }
    var all: [any EventSource] { slots.compactMap(\.source) }

    subscript(token: UInt64) -> (any EventSource)? {
        let index = Int(UInt32(truncatingIfNeeded: token))
        guard index < slots.count, slots[index].generation == UInt32(token >> 32) else {
            return nil
        }
        return slots[index].source
    }

    mutating func insert(_ source: any EventSource) -> UInt64 {
        let index = takeSlot()
        slots[Int(index)].source = source
        return UInt64(slots[Int(index)].generation) << 32 | UInt64(index)
    }

    mutating func remove(_ token: UInt64) {
        guard self[token] != nil else { return }
        let index = UInt32(truncatingIfNeeded: token)
        slots[Int(index)].source = nil
        // 31 bits, so that no token equals the one of the wake-up descriptor.
        slots[Int(index)].generation = (slots[Int(index)].generation &+ 1) & 0x7FFF_FFFF
        free.append(index)
    }

    private mutating func takeSlot() -> UInt32 {
        if let index = free.popLast() { return index }
        slots.append(Slot())
        return UInt32(slots.count - 1)
    }
}
