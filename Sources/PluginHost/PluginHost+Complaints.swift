/// When a plugin was complained of, so that a burst is one line.
struct Complaint: Sendable {
    var since: ContinuousClock.Instant
    var suppressed = 0
}

extension PluginHost {
    func log(_ level: PluginLogLevel, _ site: PluginSite, _ text: String) {
        services.log(level, site.image.name, site.domain, text)
    }

    /// Says what a plugin did wrong: the first time, and then once a minute with how often.
    func complain(_ site: PluginSite, _ reason: String) {
        let now = ContinuousClock.now
        let line = complaints.withLock { complaints -> String? in
            let key = "\(site.title) \(reason)"
            guard var complaint = complaints[key], now - complaint.since < .seconds(60) else {
                let times = complaints[key]?.suppressed ?? 0
                if complaints.count > 1_000 { complaints.removeAll() }
                complaints[key] = Complaint(since: now)
                return times > 0 ? "\(reason) (and \(times) times more before)" : reason
            }
            complaint.suppressed += 1
            complaints[key] = complaint
            return nil
        }
        if let line { log(.error, site, line) }
    }
}
