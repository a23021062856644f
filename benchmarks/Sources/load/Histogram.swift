/// Durations in nanoseconds, counted in buckets as HdrHistogram does.
///
/// A bucket holds one value below 64 ns, and above it values that differ by less than a 64th: what is
/// read is exact to 1.6 %, always the lower end, from 1 ns to 292 years.
struct Histogram: Sendable {
    private static let steps = 64
    private var counts = [Int](repeating: 0, count: 60 * steps)
    private(set) var total = 0

    mutating func record(nanoseconds: Int64, times: Int = 1) {
        counts[Self.index(UInt64(max(nanoseconds, 0)))] += times
        total += times
    }

    mutating func add(_ other: Histogram) {
        for (index, count) in other.counts.enumerated() { counts[index] += count }
        total += other.total
    }

    /// The duration that this share of all did not exceed, in milliseconds; 1 asks for the longest.
    func milliseconds(at share: Double) -> Double {
        guard total > 0 else { return .nan }
        var left = Int((Double(total) * share).rounded(.up))
        for (index, count) in counts.enumerated() {
            left -= count
            if left <= 0 { return Double(Self.value(index)) / 1e6 }
        }
        return .nan
    }

    /// How many took longer than so many milliseconds.
    func count(above milliseconds: Double) -> Int {
        let first = Self.index(UInt64(milliseconds * 1e6)) + 1
        return counts[first...].reduce(0, +)
    }

    private static func index(_ value: UInt64) -> Int {
        guard value >= steps else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - 6
        return min((shift + 1) * steps + Int(value >> UInt64(shift)) - steps, 60 * steps - 1)
    }

    private static func value(_ index: Int) -> UInt64 {
        guard index >= steps else { return UInt64(index) }
        let shift = index / steps - 1
        return UInt64(index % steps + steps) << UInt64(shift)
    }
}
