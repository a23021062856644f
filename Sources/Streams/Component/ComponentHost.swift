public import MartletCore

/// A domain that a component serves, as its streams see it (XEP-0114).
public struct ComponentHost: Sendable {
    public var domain: JID
    /// What the component and the server both know.
    public var secret: [UInt8]
    /// Whether as many connections as may serve it do, and a further one is refused.
    public var isTaken: Bool

    public init(domain: JID, secret: [UInt8], isTaken: Bool = false) {
        self.domain = domain
        self.secret = secret
        self.isTaken = isTaken
    }
}
