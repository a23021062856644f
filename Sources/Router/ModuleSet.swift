import MartletCore
public import MartletXML

/// Modules that were asked for all they add, compiled once and shared by every domain that has them.
public final class ModuleSet: Sendable {
    public let discovery: Discovery
    /// Shown to clients that may bind (RFC 6120 §4.3.2), as the modules registered them.
    public let streamFeatures: [Element]
    let phases: PhaseTable
    let sessionObservers: [SessionObserver]
    let presenceObservers: [PresenceObserver]
    let rosterObservers: [RosterObserver]
    let accountObservers: [AccountObserver]
    let nonzas: [NonzaEntry]
    /// Shown to clients that may log in.
    public let loginFeatures: [Element]
    let streamHandlers: [StreamEntry]
    /// Domains that modules keep under those that have them.
    public let services: [ServiceDomain]

    /// Whether somebody may know an iq that comes before a resource is bound.
    public var hasStreamHandlers: Bool { !streamHandlers.isEmpty }

    /// - Throws: `PhaseConflict`, or what a module threw.
    public init(_ modules: [any Module]) throws {
        var registration = Registration()
        for module in modules { try registration.add(module) }
        discovery = registration.discovery
        streamFeatures = registration.streamFeatures
        phases = try PhaseTable(registration.handlers)
        sessionObservers = registration.sessionObservers
        presenceObservers = registration.presenceObservers
        rosterObservers = registration.rosterObservers
        accountObservers = registration.accountObservers
        nonzas = registration.nonzas
        loginFeatures = registration.loginFeatures
        streamHandlers = registration.streamHandlers
        services = registration.services
    }

    /// A handler and its place.
    public struct Place: Sendable {
        public let phase: Phase
        public let priority: Int
        public let match: String
        public let name: String
    }

    /// All handlers in the order in which they act, phase by phase.
    public var listing: [Place] {
        phases.listing.map {
            Place(
                phase: $0.phase,
                priority: $0.entry.priority,
                match: $0.entry.match.source,
                name: $0.entry.name
            )
        }
    }
}
