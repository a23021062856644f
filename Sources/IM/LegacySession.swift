import MartletCore
public import MartletRouter

/// The session request of RFC 3921 §3, which changes nothing and which old clients still make.
public struct LegacySession: Module {
    public let name = "session"

    public init() {}

    public func register(in registration: inout Registration) throws {
        for phase in [Phase.domain, .account] {
            try registration.onIQ(.set, "session", in: Namespace.session, to: phase) {
                (_, _, context) throws(StanzaError) in
                // An account answers its own clients alone: others would learn that it is there.
                if phase == .account, context.session == nil { throw .serviceUnavailable }
                return nil
            }
        }
    }
}
