/// What was sent under a number, and whether it came: nothing may be lost, nothing doubled.
struct Ledger {
    enum Arrival {
        /// After so many nanoseconds.
        case first(Int64)
        case again, unknown
    }

    /// When each was sent, negative once it has come.
    private var times: [Int64] = []
    private(set) var missing = 0

    /// Gives the number of what is sent now.
    mutating func enter(at time: Int64) -> Int {
        times.append(time)
        missing += 1
        return times.count - 1
    }

    mutating func arrive(_ number: Int, at time: Int64) -> Arrival {
        guard times.indices.contains(number) else { return .unknown }
        let sent = times[number]
        guard sent >= 0 else { return .again }
        times[number] = -1
        missing -= 1
        return .first(time - sent)
    }

    var total: Int { times.count }
}
