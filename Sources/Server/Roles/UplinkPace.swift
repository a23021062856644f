/// How long an uplink rests before it is tried again.
struct UplinkPace {
    static let shortest = Duration.seconds(1)
    static let longest = Duration.seconds(60)

    private var failures = 0

    /// The uplink stood: the next rest is short again.
    mutating func succeed() { failures = 0 }

    /// The rest after one more failure: twice as long each time, up to a minute, give or take a quarter.
    ///
    /// Who was refused has nothing to hope for from haste. `chance` is from 0 to 1.
    mutating func rest(isRefused: Bool, chance: Double) -> Duration {
        let doubled = Self.shortest * (1 << min(failures, 6))
        failures += 1
        let rest = isRefused ? Self.longest : min(doubled, Self.longest)
        return rest * (0.75 + chance / 2)
    }
}
