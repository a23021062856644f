/// What is known of one message, from the moment it was sent.
struct Fate: Sendable {
    /// What was seen of it.
    struct Marks: OptionSet, Sendable, CustomStringConvertible {
        let rawValue: UInt16

        /// The server told its sender that it is safe.
        static let acknowledged = Marks(rawValue: 1)
        static let received = Marks(rawValue: 1 << 1)
        /// Received more than once, with an id by which the client knows that it is the same.
        static let receivedAgain = Marks(rawValue: 1 << 2)
        /// Received more than once, as if it were two.
        static let doubled = Marks(rawValue: 1 << 3)
        static let bounced = Marks(rawValue: 1 << 4)
        /// The addressee was away from before it was sent until it was acknowledged.
        static let addresseeAway = Marks(rawValue: 1 << 5)
        /// There is no such account.
        static let toNobody = Marks(rawValue: 1 << 6)

        var description: String {
            let names = [
                "acknowledged", "received", "received again", "received twice", "returned",
                "addressee away", "to nobody",
            ]
            let set = names.indices.filter { rawValue & 1 << UInt16($0) != 0 }.map { names[$0] }
            return set.isEmpty ? "never seen" : set.joined(separator: ", ")
        }
    }

    /// Where a message is that is not lost.
    enum Place: Sendable {
        case delivered, stored, bounced
        /// Never acknowledged, and nowhere: its sender sends it again.
        case nowhere
        /// Acknowledged, and nowhere.
        case lost
    }

    let sender: Int32
    /// The number of an account; of one that there is not, for `toNobody`.
    let addressee: Int32
    /// The round in which it was sent.
    let round: Int32
    var marks: Marks = []
    /// Of the id that it was first received with.
    var stableID = 0
    /// How often the archives of both have it.
    var copiesOfSender: UInt8 = 0
    var copiesOfAddressee: UInt8 = 0

    var isAcknowledged: Bool { marks.contains(.acknowledged) }

    /// What was sent to one who was away is kept until that one comes, and everybody has come; what was
    /// sent to one who was there may have been on its way to a client that went, and is in the archive.
    var place: Place {
        if marks.contains(.received) { return .delivered }
        if marks.contains(.bounced) { return .bounced }
        if copiesOfAddressee > 0, !marks.contains(.addresseeAway) { return .stored }
        return isAcknowledged ? .lost : .nowhere
    }

    /// Received twice, or archived twice.
    var isDoubled: Bool {
        marks.contains(.doubled) || copiesOfSender > 1 || copiesOfAddressee > 1
    }

    /// Returned to its sender, though its addressee has it.
    var isReturnedToo: Bool {
        marks.contains(.bounced) && (marks.contains(.received) || copiesOfAddressee > 0)
    }

    /// Whether it has to be in the archives of both, and is not.
    var isMissingInArchive: Bool {
        if marks.contains(.received), copiesOfSender == 0 || copiesOfAddressee == 0 { return true }
        guard isAcknowledged, !marks.contains(.bounced) else { return false }
        return copiesOfSender == 0 || copiesOfAddressee == 0
    }
}
