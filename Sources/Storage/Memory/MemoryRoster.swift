internal import MartletCore

/// A roster with its past, as far as it is remembered.
struct MemoryRoster {
    private struct Slot {
        var version: Int64
        /// Nil for a contact that was removed.
        var item: RosterItem?
    }

    private var slots: [JID: Slot] = [:]
    private(set) var version: Int64 = 0
    /// What happened up to this version is forgotten.
    private var floor: Int64 = 0
    private(set) var count = 0

    var isEmpty: Bool { version == 0 }

    var snapshot: Roster {
        let items = slots.values.compactMap(\.item)
        let sorted = items.sorted { ByteText($0.jid.description) < ByteText($1.jid.description) }
        return Roster(items: sorted, version: version)
    }

    func item(_ contact: JID) -> RosterItem? { slots[contact]?.item }

    mutating func apply(_ change: RosterChange, sequence: inout Int64) {
        switch change {
        case .set(let item): put(item, under: item.jid, &sequence)
        case .remove(let contact): if item(contact) != nil { put(nil, under: contact, &sequence) }
        }
    }

    private mutating func put(_ item: RosterItem?, under contact: JID, _ sequence: inout Int64) {
        sequence += 1
        // A roster of an earlier life may have had any version before this one.
        if slots.isEmpty { floor = sequence }
        let wasThere = slots[contact]?.item != nil
        count += (item == nil ? 0 : 1) - (wasThere ? 1 : 0)
        slots[contact] = Slot(version: sequence, item: item)
        version = sequence
        forgetOldRemovals()
    }

    private mutating func forgetOldRemovals() {
        let removed = slots.filter { $0.value.item == nil }
        guard removed.count > StoreBounds.removedRosterItems else { return }
        guard let oldest = removed.min(by: { $0.value.version < $1.value.version }) else { return }
        slots[oldest.key] = nil
        floor = oldest.value.version
    }

    func history(since known: Int64) -> RosterHistory? {
        guard known >= floor, known <= version else { return nil }
        let changed = slots.filter { $0.value.version > known }
        let steps = changed.map { (contact, slot) in
            RosterHistory.Step(
                version: slot.version,
                change: slot.item.map { .set($0) } ?? .remove(contact)
            )
        }
        return RosterHistory(steps: steps.sorted { $0.version < $1.version }, version: version)
    }
}
