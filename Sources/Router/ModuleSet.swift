import MartletCore
public import MartletXML

/// Modules that were asked for all they add, compiled once and shared by every domain that has them.
public final class ModuleSet: Sendable {
    public let discovery: Discovery
    /// Shown to clients that may bind (RFC 6120 §4.3.2), as the modules registered them.
    public let streamFeatures: [Element]
    let phases: PhaseTable
    let sessionObservers: [SessionObserver]

    /// - Throws: `PhaseConflict`, or what a module threw.
    public init(_ modules: [any Module]) throws {
        var registration = Registration()
        for module in modules { try registration.add(module) }
        discovery = registration.discovery
        streamFeatures = registration.streamFeatures
        phases = try PhaseTable(registration.handlers)
        sessionObservers = registration.sessionObservers
    }
}
