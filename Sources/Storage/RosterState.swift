package import MartletCore

/// What a row of `roster_item` says about the contact, in bits.
package struct RosterState: OptionSet {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// The contact was removed; the row stays for a while, for roster versioning.
    package static let removed = RosterState(rawValue: 1)
    package static let to = RosterState(rawValue: 2)
    package static let from = RosterState(rawValue: 4)
    package static let pendingOut = RosterState(rawValue: 8)
    package static let pendingIn = RosterState(rawValue: 16)
    package static let preApproved = RosterState(rawValue: 32)
    package static let inRoster = RosterState(rawValue: 64)
}

extension RosterItem {
    package var state: RosterState {
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
    /// What a stored row says: an item, or that the contact was removed.
    package init(
        version: Int64,
        contact: JID,
        state: RosterState,
        name: String?,
        groups: [String],
        request: [UInt8]?
    ) {
        guard !state.contains(.removed) else {
            self.init(version: version, change: .remove(contact))
            return
        }
        let item = RosterItem(
            contact,
            name: name,
            groups: groups,
            subscription: Subscription(to: state.contains(.to), from: state.contains(.from)),
            isPendingOut: state.contains(.pendingOut),
            isPendingIn: state.contains(.pendingIn),
            isPreApproved: state.contains(.preApproved),
            pendingRequest: request,
            isInRoster: state.contains(.inRoster)
        )
        self.init(version: version, change: .set(item))
    }
}
