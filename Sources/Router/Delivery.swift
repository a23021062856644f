public import MartletCore

/// What becomes of a message at the home of the user it is for: the table of RFC 6121 §8.5.4.
///
/// | type      | bare JID, somebody there | bare JID, nobody there | full JID, resource there | full JID, resource gone |
/// |-----------|--------------------------|------------------------|--------------------------|-------------------------|
/// | normal    | all of them              | offline                | that resource            | bounce                  |
/// | chat      | all of them              | offline                | that resource            | as for the bare JID     |
/// | groupchat | bounce                   | bounce                 | that resource            | bounce                  |
/// | headline  | all of them              | ignore                 | that resource            | ignore                  |
/// | error     | ignore                   | ignore                 | that resource            | ignore                  |
///
/// "There" means available with a priority that is not negative (RFC 6121 §8.5.2.1.1). Where the RFC
/// leaves a choice between the most available resource and all of them, all of them get it.
public enum Delivery: Hashable, Sendable {
    /// To the resources at these places among those given.
    case to([Int])
    /// Kept for later, or returned as `service-unavailable` where nothing keeps messages.
    case offline
    case bounce(StanzaError)
    case ignore

    /// A bound resource, as far as delivery looks at it.
    public struct Resource: Hashable, Sendable {
        public var jid: JID
        public var isAvailable: Bool
        public var priority: Int

        public init(jid: JID, isAvailable: Bool, priority: Int) {
            self.jid = jid
            self.isAvailable = isAvailable
            self.priority = priority
        }

        var takesMessages: Bool { isAvailable && priority >= 0 }
    }

    public static func ofMessage(
        _ type: StanzaType,
        to: JID,
        resources: [Resource]
    ) -> Delivery {
        if to.isFull, let index = resources.firstIndex(where: { $0.jid == to }) {
            return .to([index])
        }
        let present = resources.indices.filter { resources[$0].takesMessages }
        switch type {
        case .normal where to.isFull: return .bounce(.serviceUnavailable)
        case .normal, .chat: return present.isEmpty ? .offline : .to(present)
        case .groupchat: return .bounce(.serviceUnavailable)
        case .headline: return to.isFull || present.isEmpty ? .ignore : .to(present)
        default: return .ignore
        }
    }
}
