import CPlugin
import MartletCore
import Synchronization

/// Where a plugin is at work: one domain, or (while it loads) the server as a whole.
///
/// What plugins hold as `martlet_site` is its address. It is never freed, since a plugin may use it
/// when it should not any more; what is stopped says so.
final class PluginSite: Sendable {
    let image: PluginImage
    /// Prepared; empty for the plugin as a whole.
    let domain: String
    let address: JID?
    unowned let host: PluginHost
    private let life: Mutex<Life>
    private let stopped = Atomic(false)
    private let ended = Atomic(false)
    private let started = Atomic<UInt>(0)
    private let stopping = Atomic<UInt64>(0)

    private struct Life: Sendable {
        var settings: String
        var contributions: [Contribution] = []
        /// The names of the collections among them.
        var collections: [String] = []
        /// The plugin as a whole, once somebody asked for it.
        var whole: PluginSite?
        var metrics: [Metric] = []
        var timers: [UInt64: SiteTimer] = [:]
        var lastNumber: UInt64 = 0

        mutating func noteCollections() {
            collections = contributions.compactMap {
                guard case .collection(let name, _) = $0.what else { return nil }
                return name
            }
        }
    }

    /// A number that a plugin keeps for whoever watches the server.
    struct Metric: Sendable {
        let name: String
        let kind: UInt32
        let help: String
        var value = 0.0
    }

    init(_ image: PluginImage, at address: JID?, settings: String, of host: PluginHost) {
        self.image = image
        self.address = address
        self.host = host
        life = Mutex(Life(settings: settings))
        domain = address?.domainpart ?? ""
        _ = Unmanaged.passRetained(self)
    }

    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    static func at(_ handle: OpaquePointer) -> PluginSite {
        Unmanaged<PluginSite>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    }

    /// What `start` gave.
    var instance: UnsafeMutableRawPointer? {
        get { UnsafeMutableRawPointer(bitPattern: started.load(ordering: .acquiring)) }
        set { started.store(UInt(bitPattern: newValue), ordering: .releasing) }
    }

    /// What it was started with, or given since, as JSON.
    var settings: String {
        get { life.withLock { $0.settings } }
        set { life.withLock { $0.settings = newValue } }
    }

    /// It is called no more.
    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// It has let go, and may call no more either.
    var hasEnded: Bool { ended.load(ordering: .relaxed) }

    var isWhole: Bool { address == nil }

    func markStopped() {
        stopped.store(true, ordering: .relaxed)
        let timers = life.withLock { life in
            defer { life.timers.removeAll() }
            return life.timers.values.map(\.self)
        }
        for timer in timers { timer.cancel() }
    }

    /// What its end is waited for by.
    var stopToken: UInt64 {
        get { stopping.load(ordering: .acquiring) }
        set { stopping.store(newValue, ordering: .releasing) }
    }

    func markEnded() { ended.store(true, ordering: .relaxed) }

    /// For the log: `ping`, or `ping at example.org`.
    var title: String { isWhole ? image.name : "\(image.name) at \(domain)" }
}

// MARK: What it registered

extension PluginSite {
    var contributions: [Contribution] { life.withLock { $0.contributions } }

    func add(_ what: Contribution.What) -> UInt64 {
        life.withLock { life in
            life.lastNumber += 1
            life.contributions.append(Contribution(number: life.lastNumber, what: what))
            life.noteCollections()
            return life.lastNumber
        }
    }

    /// Whether there was such a contribution.
    func remove(_ number: UInt64) -> Bool {
        life.withLock { life in
            let count = life.contributions.count
            life.contributions.removeAll { $0.number == number }
            life.noteCollections()
            return life.contributions.count < count
        }
    }

    /// Domains of its own under this one, by their labels.
    var serviceLabels: [String] {
        (contributions + (host.whole(of: image)?.contributions ?? [])).compactMap {
            guard case .service(let label, _, _, _) = $0.what else { return nil }
            return label
        }
    }

    func owns(collection name: String) -> Bool {
        life.withLock { $0.collections.contains(name) }
    }

    /// The plugin as a whole, which this is a site of.
    var whole: PluginSite? {
        if let known = life.withLock({ $0.whole }) { return known }
        let found = host.whole(of: image)
        life.withLock { $0.whole = found }
        return found
    }

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
    func metric(_ name: String, _ kind: UInt32, _ help: String) -> UInt64 {
        life.withLock { life in
            if let index = life.metrics.firstIndex(where: { $0.name == name }) {
                return UInt64(index + 1)
            }
            life.metrics.append(Metric(name: name, kind: kind, help: help))
            return UInt64(life.metrics.count)
        }
    }

    func measure(_ number: UInt64, _ value: Double) {
        life.withLock { life in
            guard number > 0, number <= UInt64(life.metrics.count) else { return }
            let index = Int(number) - 1
            if Int(life.metrics[index].kind) == MARTLET_COUNTER {
                life.metrics[index].value += value
            } else {
                life.metrics[index].value = value
            }
        }
    }

    var metrics: [Metric] { life.withLock { $0.metrics } }

    func keep(_ make: (UInt64) -> SiteTimer) -> UInt64 {
        life.withLock { life in
            life.lastNumber += 1
            life.timers[life.lastNumber] = make(life.lastNumber)
            return life.lastNumber
        }
    }

    func forget(timer number: UInt64) -> SiteTimer? {
        life.withLock { $0.timers.removeValue(forKey: number) }
    }
}
