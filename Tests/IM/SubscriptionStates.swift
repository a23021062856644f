import MartletCore

@testable import MartletIM

/// The nine states between a user and a contact (RFC 6121 §A.1).
enum SubscriptionState: String, CaseIterable, Sendable {
    case none, noneOut, noneIn, noneOutIn, to, toIn, from, fromOut, both

    private static let contact = JID.juliet

    /// An item in the state, as a roster that has it would hold it.
    func item(isPreApproved: Bool = false) -> RosterItem {
        RosterItem(
            Self.contact,
            subscription: subscription,
            isPendingOut: [.noneOut, .noneOutIn, .fromOut].contains(self),
            isPendingIn: [.noneIn, .noneOutIn, .toIn].contains(self),
            isPreApproved: isPreApproved
        )
    }

    private var subscription: Subscription {
        switch self {
        case .none, .noneOut, .noneIn, .noneOutIn: .none
        case .to, .toIn: .to
        case .from, .fromOut: .from
        case .both: .both
        }
    }

    /// The state of an item; no item is `none`.
    init?(_ item: RosterItem?) {
        guard let item else {
            self = .none
            return
        }
        let found = Self.allCases.first {
            $0.subscription == item.subscription
                && $0.item().isPendingOut == item.isPendingOut
                && $0.item().isPendingIn == item.isPendingIn
        }
        guard let found else { return nil }
        self = found
    }
}

extension JID {
    static let romeo = named("romeo@montague.example")
    static let juliet = named("juliet@capulet.example")

    static func named(_ text: String) -> JID {
        do { return try JID(text) } catch { preconditionFailure("\(text): \(error)") }
    }
}
