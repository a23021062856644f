public import MartletCore

/// All contacts of a user, and the version that they are at (RFC 6121 §2.6).
public struct Roster: Hashable, Sendable {
    /// In the order of their addresses, byte by byte.
    public var items: [RosterItem]
    /// Grows with each change and never comes twice, not even when the account is made anew.
    ///
    /// Zero for a roster that nobody has written to.
    public var version: Int64

    public init(items: [RosterItem] = [], version: Int64 = 0) {
        self.items = items
        self.version = version
    }
}

/// One contact more, another, or one less.
public enum RosterChange: Hashable, Sendable {
    /// Puts the item in the place of the one with the same address, if there is one.
    case set(RosterItem)
    /// Takes the contact away; no change when there is none.
    case remove(JID)
}

/// What happened to a roster since a version, a step for each contact that is now different.
public struct RosterHistory: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var version: Int64
        public var change: RosterChange

        public init(version: Int64, change: RosterChange) {
            self.version = version
            self.change = change
        }
    }

    /// In the order of their versions: as the pushes of RFC 6121 §2.6.3 go out.
    public var steps: [Step]
    /// The version that the roster has after the last step.
    public var version: Int64

    public init(steps: [Step], version: Int64) {
        self.steps = steps
        self.version = version
    }
}
