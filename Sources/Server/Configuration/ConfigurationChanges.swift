/// How one configuration differs from another; what a reload tells.
public struct ConfigurationChanges: Hashable, Sendable {
    public var addedDomains: [String] = []
    public var removedDomains: [String] = []
    /// Those of both whose own settings, or what they take from all domains', are others.
    public var changedDomains: [String] = []
    /// Keys outside `domains` that count at once.
    public var keys: [String] = []
    /// Keys that count when the server is started again.
    public var keysThatNeedRestart: [String] = []

    public var isEmpty: Bool { self == ConfigurationChanges() }
}

extension Configuration {
    /// What is other than it was; names are sorted.
    public func changes(from old: Configuration) -> ConfigurationChanges {
        var changes = ConfigurationChanges()
        let (before, after) = (old.settings.domains.byName, settings.domains.byName)
        changes.addedDomains = after.keys.filter { before[$0] == nil }.sorted()
        changes.removedDomains = before.keys.filter { after[$0] == nil }.sorted()
        changes.changedDomains =
            after.filter { before[$0.key] != nil && before[$0.key] != $0.value }.keys.sorted()
        let others = zip(entries, old.entries)
            .filter { $0.value != $1.value }.map(\.0)
        changes.keys = others.filter { $0.effect == .reload }.map(\.path)
        changes.keysThatNeedRestart = others.filter { $0.effect == .restart }.map(\.path)
        addUntold(to: &changes, since: old.settings)
        changes.keys.sort()
        changes.keysThatNeedRestart.sort()
        return changes
    }

    /// Those that no entry shows: there may be any number of them, or they are secret.
    private func addUntold(to changes: inout ConfigurationChanges, since old: ServerSettings) {
        if settings.s2s.peers != old.s2s.peers { changes.keys.append("s2s.peers") }
        if settings.components != old.components { changes.keys.append("components") }
        if settings.listeners != old.listeners { changes.keysThatNeedRestart.append("listeners") }
        let secret = "s2s.dialbackSecret"
        if settings.s2s.dialbackSecret != old.s2s.dialbackSecret,
            !changes.keysThatNeedRestart.contains(secret)
        {
            changes.keysThatNeedRestart.append(secret)
        }
    }
}

extension [DomainSettings] {
    fileprivate var byName: [String: DomainSettings] {
        Dictionary(map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }
}
