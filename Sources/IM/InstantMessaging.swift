public import MartletRouter

/// What RFC 6121 asks of every server, as modules.
public enum InstantMessaging {
    public static var modules: [any Module] {
        [
            RosterModule(), SubscriptionModule(), PresenceModule(), OfflineModule(),
            ServiceDiscovery(), LegacySession(), ForgeryGuard(),
        ]
    }
}
