internal import MartletCore
internal import MartletStorage

/// What a row of `roster_item` says about the contact, in bits.
struct RosterState: OptionSet {
    let rawValue: Int64

    /// The contact was removed; the row stays for a while, for roster versioning.
    static let removed = RosterState(rawValue: 1)
    static let to = RosterState(rawValue: 2)
    static let from = RosterState(rawValue: 4)
    static let pendingOut = RosterState(rawValue: 8)
    static let pendingIn = RosterState(rawValue: 16)
    static let preApproved = RosterState(rawValue: 32)
    static let inRoster = RosterState(rawValue: 64)
}

extension RosterItem {
    var state: RosterState {
        var state: RosterState = []
        if subscription.hasTo { state.insert(.to) }
        if subscription.hasFrom { state.insert(.from) }
        if isPendingOut { state.insert(.pendingOut) }
        if isPendingIn { state.insert(.pendingIn) }
        if isPreApproved { state.insert(.preApproved) }
        if isInRoster { state.insert(.inRoster) }
        return state
    }
}

extension RosterHistory.Step {
    /// Reads version, contact, state, name, groups and request.
    init(_ row: Row) throws(StorageError) {
        let contact = try JID(stored: row.text(1))
        let state = RosterState(rawValue: row.integer(2))
        guard !state.contains(.removed) else {
            self.init(version: row.integer(0), change: .remove(contact))
            return
        }
        let item = RosterItem(
            contact,
            name: row.optionalText(3),
            groups: try TextList.decode(row.bytes(4)),
            subscription: Subscription(to: state.contains(.to), from: state.contains(.from)),
            isPendingOut: state.contains(.pendingOut),
            isPendingIn: state.contains(.pendingIn),
            isPreApproved: state.contains(.preApproved),
            pendingRequest: row.optionalBytes(5),
            isInRoster: state.contains(.inRoster)
        )
        self.init(version: row.integer(0), change: .set(item))
    }
}
