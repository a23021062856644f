import MartletCore
import Synchronization

/// Where a plugin is at work: one domain, or (while it loads) the server as a whole.
///
/// What plugins hold as `martlet_site` is its address. It is never freed, since a plugin may use it
/// when it should not any more; what is stopped says so. There is one for each plugin in each of
/// thousands of domains, so that it has 56 bytes, and most have no more.
final class PluginSite: Sendable {
    let deployment: PluginDeployment
    /// Nil for the plugin as a whole.
    let place: SiteDomain?
    private let lock = Mutex(())
    private let stopped = Atomic(false)
    private let ended = Atomic(false)
    /// Made when there is something to keep.
    ///
    /// Unchecked: read and changed by who holds `lock` alone.
    private nonisolated(unsafe) var keptLife: SiteLife?
    private let started = Atomic<UInt>(0)

    init(_ deployment: PluginDeployment, at place: SiteDomain?, settings: String = "{}") {
        self.deployment = deployment
        self.place = place
        if settings != SiteLife.usualSettings { keptLife = SiteLife(settings: settings) }
        _ = Unmanaged.passRetained(self)
    }

    var image: PluginImage { deployment.image }
    var host: PluginHost { deployment.host }
    var address: JID? { place?.address }
    /// Prepared; empty for the plugin as a whole.
    var domain: String { place?.name ?? "" }

    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    static func at(_ handle: OpaquePointer) -> PluginSite {
        Unmanaged<PluginSite>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    }

    /// What `start` gave.
    var instance: UnsafeMutableRawPointer? {
        get { UnsafeMutableRawPointer(bitPattern: started.load(ordering: .acquiring)) }
        set { started.store(UInt(bitPattern: newValue), ordering: .releasing) }
    }

    /// Looks at what it keeps; nil while that is nothing.
    private func look<R: Sendable>(_ body: (SiteLife?) -> R) -> R {
        lock.withLock { _ in body(keptLife) }
    }

    /// Changes what it keeps.
    private func change<R: Sendable>(_ body: (SiteLife) -> R) -> R {
        lock.withLock { _ in
            let life = keptLife ?? SiteLife()
            keptLife = life
            return body(life)
        }
    }

    /// What it was started with, or given since, as JSON.
    var settings: String {
        get { look { $0?.settings ?? SiteLife.usualSettings } }
        set { change { $0.settings = newValue } }
    }

    /// It is called no more.
    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// It has let go, and may call no more either.
    var hasEnded: Bool { ended.load(ordering: .relaxed) }

    var isWhole: Bool { place == nil }

    func markStopped() {
        stopped.store(true, ordering: .relaxed)
        for timer in look({ $0?.takeTimers() ?? [] }) { timer.cancel() }
    }

    /// What its end is waited for by.
    var stopToken: UInt64 {
        get { look { $0?.stopToken ?? 0 } }
        set { change { $0.stopToken = newValue } }
    }

    func markEnded() { ended.store(true, ordering: .relaxed) }

    /// For the log: `ping`, or `ping at example.org`.
    var title: String { isWhole ? image.name : "\(image.name) at \(domain)" }
}

// MARK: What it registered

extension PluginSite {
    var contributions: [Contribution] { look { $0?.contributions ?? [] } }

    func add(_ what: Contribution.What) -> UInt64 { change { $0.add(what) } }

    /// Whether there was such a contribution.
    func remove(_ number: UInt64) -> Bool { look { $0?.remove(number) ?? false } }

    /// Domains of its own under this one, by their labels.
    var serviceLabels: [String] {
        (contributions + (whole?.contributions ?? [])).compactMap {
            guard case .service(let label, _, _, _) = $0.what else { return nil }
            return label
        }
    }

    func owns(collection name: String) -> Bool {
        look { $0?.collections.contains(name) ?? false }
    }

    /// The plugin as a whole, which this is a site of.
    var whole: PluginSite? { deployment.whole }

    /// Whether an address is in a domain of this plugin's own.
    func serves(_ address: JID?) -> Bool {
        guard let domain = address?.domainpart else { return false }
        return serviceLabels.contains { "\($0).\(self.domain)" == domain }
    }

    /// Whether a stanza may be sent in this plugin's name from an address.
    func maySend(from address: JID) -> Bool {
        guard let own = self.address else { return false }
        if address.hasSameDomain(as: own) { return true }
        return serviceLabels.contains { "\($0).\(domain)" == address.domainpart }
    }
}

// MARK: What it measures and waits for

extension PluginSite {
    /// A number that a plugin keeps for whoever watches the server.
    struct Metric: Sendable {
        let name: String
        let kind: UInt32
        let help: String
        var value = 0.0
    }

    func metric(_ name: String, _ kind: UInt32, _ help: String) -> UInt64 {
        change { $0.metric(name, kind, help) }
    }

    func measure(_ number: UInt64, _ value: Double) { look { $0?.measure(number, value) } }

    var metrics: [Metric] { look { $0?.metrics ?? [] } }

    func keep(_ make: (UInt64) -> SiteTimer) -> UInt64 {
        change { life in
            life.lastNumber += 1
            life.timers.append((life.lastNumber, make(life.lastNumber)))
            return life.lastNumber
        }
    }

    func forget(timer number: UInt64) -> SiteTimer? { look { $0?.forget(timer: number) } }
}
