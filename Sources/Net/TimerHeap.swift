/// Names a timer that was set; stays harmless after it fired or was cancelled.
public struct TimerID: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
}

/// Timers by deadline: a binary heap whose entries know their place.
///
/// Setting and cancelling (which removes at once) cost O(log n), waiting costs nothing.
struct TimerHeap {
    typealias Body = () -> Void

    private struct Entry {
        var deadline: ShardInstant
        /// Equal deadlines fire in the order in which they were set.
        var sequence: UInt64
        var slot: UInt32
    }

    private struct Slot {
        var generation: UInt32 = 0
        var place = 0
        var body: Body?
    }

    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var free: [UInt32] = []
    private var sequence: UInt64 = 0

    var count: Int { heap.count }
    var earliest: ShardInstant? { heap.first?.deadline }

    mutating func insert(at deadline: ShardInstant, _ body: @escaping Body) -> TimerID {
        let slot = takeSlot()
        slots[Int(slot)].body = body
        sequence += 1
        heap.append(Entry(deadline: deadline, sequence: sequence, slot: slot))
        slots[Int(slot)].place = heap.count - 1
        siftUp(from: heap.count - 1)
        return TimerID(slot: slot, generation: slots[Int(slot)].generation)
    }

    mutating func remove(_ id: TimerID) {
        guard Int(id.slot) < slots.count, slots[Int(id.slot)].generation == id.generation,
            slots[Int(id.slot)].body != nil
        else { return }
        removeEntry(at: slots[Int(id.slot)].place)
    }

    /// Tells the timers that are set by now from those set later.
    var mark: UInt64 { sequence }

    /// The next timer that is due, taken out; none of those set after `mark`.
    mutating func popDue(at now: ShardInstant, setBefore mark: UInt64) -> Body? {
        guard let first = heap.first, first.deadline <= now, first.sequence <= mark else {
            return nil
        }
        let body = slots[Int(first.slot)].body
        removeEntry(at: 0)
        return body
    }

    mutating func removeAll() {
        self = TimerHeap()
    }

    private mutating func takeSlot() -> UInt32 {
        if let slot = free.popLast() { return slot }
        slots.append(Slot())
        return UInt32(slots.count - 1)
    }

    private mutating func removeEntry(at place: Int) {
        let slot = heap[place].slot
        slots[Int(slot)].body = nil
        slots[Int(slot)].generation &+= 1
        free.append(slot)
        let last = heap.removeLast()
        guard place < heap.count else { return }
        put(last, at: place)
        siftDown(from: place)
        siftUp(from: place)
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        slots[Int(entry.slot)].place = place
    }

    private func isOrdered(_ left: Entry, _ right: Entry) -> Bool {
        left.deadline == right.deadline
            ? left.sequence < right.sequence : left.deadline < right.deadline
    }

    private mutating func siftUp(from start: Int) {
        var place = start
        let entry = heap[place]
        while place > 0, isOrdered(entry, heap[(place - 1) / 2]) {
            put(heap[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        put(entry, at: place)
    }

    private mutating func siftDown(from start: Int) {
        var place = start
        let entry = heap[place]
        while let child = smallerChild(of: place), isOrdered(heap[child], entry) {
            put(heap[child], at: place)
            place = child
        }
        put(entry, at: place)
    }

    private func smallerChild(of place: Int) -> Int? {
        let left = 2 * place + 1
        guard left < heap.count else { return nil }
        let right = left + 1
        return right < heap.count && isOrdered(heap[right], heap[left]) ? right : left
    }
}
