import MartletNet

/// Does something when it is due, so many times a second, whatever comes back: open loop.
///
/// It looks in every turn of the loop and never lets it sleep, so that it is not late for that; one
/// that is patient sleeps, and may be late by the millisecond that the kernel counts in. Confined to
/// its shard.
final class Beat {
    private let shard: Shard
    private let perSecond: Double
    private let pause: Duration
    private let work: (Int64) -> Void
    private let clock = MonotonicClock()
    private var lateness = Histogram()
    private var origin: Int64 = 0
    private var count = 0
    private var isStopped = false

    /// What is done is given when it was due, in nanoseconds of the monotonic clock.
    init(
        on shard: Shard,
        perSecond: Double,
        isPatient: Bool = false,
        work: @escaping (Int64) -> Void
    ) {
        self.shard = shard
        self.perSecond = perSecond
        self.work = work
        pause = isPatient ? .milliseconds(1) : .zero
    }

    func begin() {
        guard perSecond > 0 else { return }
        origin = clock.now.nanoseconds
        look()
    }

    func stop() {
        isStopped = true
    }

    private func look() {
        guard !isStopped else { return }
        let now = clock.now.nanoseconds
        while true {
            let due = origin + Int64(Double(count) * 1e9 / perSecond)
            guard due <= now else { break }
            count += 1
            lateness.record(nanoseconds: now - due)
            work(due)
        }
        shard.schedule(after: pause) { [self] in look() }
    }

    /// How late it was since the last call.
    func takeLateness() -> Histogram {
        defer { lateness = Histogram() }
        return lateness
    }
}
