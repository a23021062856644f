import CPlugin

/// What is kept of a plugin in a domain beyond that it is there; guarded by its site.
final class SiteLife {
    /// What is written where nothing is chosen.
    static let usualSettings = "{}"

    var settings: String
    private(set) var contributions: [Contribution] = []
    /// The names of the collections among them.
    private(set) var collections: [String] = []
    private(set) var metrics: [PluginSite.Metric] = []
    /// In the order of their numbers.
    var timers: [(number: UInt64, timer: SiteTimer)] = []
    var lastNumber: UInt64 = 0
    var stopToken: UInt64 = 0

    init(settings: String = usualSettings) { self.settings = settings }

    func add(_ what: Contribution.What) -> UInt64 {
        lastNumber += 1
        if contributions.isEmpty { contributions.reserveCapacity(1) }
        contributions.append(Contribution(number: lastNumber, what: what))
        noteCollections()
        return lastNumber
    }

    func remove(_ number: UInt64) -> Bool {
        let count = contributions.count
        contributions.removeAll { $0.number == number }
        noteCollections()
        return contributions.count < count
    }

    private func noteCollections() {
        collections = contributions.compactMap {
            guard case .collection(let name, _) = $0.what else { return nil }
            return name
        }
    }

    func metric(_ name: String, _ kind: UInt32, _ help: String) -> UInt64 {
        if let index = metrics.firstIndex(where: { $0.name == name }) { return UInt64(index + 1) }
        metrics.append(PluginSite.Metric(name: name, kind: kind, help: help))
        return UInt64(metrics.count)
    }

    func measure(_ number: UInt64, _ value: Double) {
        guard number > 0, number <= UInt64(metrics.count) else { return }
        let index = Int(number) - 1
        if Int(metrics[index].kind) == MARTLET_COUNTER {
            metrics[index].value += value
        } else {
            metrics[index].value = value
        }
    }

    func takeTimers() -> [SiteTimer] {
        defer { timers = [] }
        return timers.map(\.timer)
    }

    func forget(timer number: UInt64) -> SiteTimer? {
        guard let index = place(of: number), timers[index].number == number else { return nil }
        return timers.remove(at: index).timer
    }

    /// Where a number stands or would stand; nil behind the last.
    private func place(of number: UInt64) -> Int? {
        var (low, high) = (0, timers.count)
        while low < high {
            let middle = (low + high) / 2
            if timers[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < timers.count ? low : nil
    }
}
