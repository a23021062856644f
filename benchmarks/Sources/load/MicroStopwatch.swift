import CLoad

/// Something small that can be done again and again.
struct Step {
    let name: String
    let perform: () throws -> Void
}

/// What doing it once costs.
struct StepCost: Sendable {
    var nanoseconds: [Double] = []
    var allocations = Double.nan
    var bytes = Double.nan
}

/// Measures steps by this process's own CPU clock.
struct Stopwatch: Sendable {
    let milliseconds: Int
    let runs: Int

    /// Times of the step between two looks at the clock.
    static let batch = 100

    func measure(_ step: Step) throws -> StepCost {
        try measure(batch: Self.batch) { for _ in 0..<Self.batch { try step.perform() } }
    }

    /// Measures so many steps at once.
    func measure(batch: Int, _ perform: () throws -> Void) rethrows -> StepCost {
        var cost = StepCost()
        try perform()
        load_count_allocations()
        try perform()
        cost.note(load_counted_allocations(), batch)
        for _ in 0..<runs {
            var timer = Timer(seconds: Double(milliseconds) / 1e3)
            while timer.goesOn {
                try perform()
                timer.count += batch
            }
            cost.nanoseconds.append(timer.nanoseconds)
        }
        return cost
    }

    /// The same for steps that wait.
    func measureWaiting(batch: Int, _ perform: () async throws -> Void) async rethrows -> StepCost {
        var cost = StepCost()
        try await perform()
        load_count_allocations()
        try await perform()
        cost.note(load_counted_allocations(), batch)
        for _ in 0..<runs {
            var timer = Timer(seconds: Double(milliseconds) / 1e3)
            while timer.goesOn {
                try await perform()
                timer.count += batch
            }
            cost.nanoseconds.append(timer.nanoseconds)
        }
        return cost
    }

    private struct Timer {
        let seconds: Double
        let begin = ProcessMeter.ownSeconds()
        var end = ProcessMeter.ownSeconds()
        var count = 0

        init(seconds: Double) {
            self.seconds = seconds
        }

        var goesOn: Bool {
            mutating get {
                end = ProcessMeter.ownSeconds()
                return count == 0 || end - begin < seconds
            }
        }

        var nanoseconds: Double { (end - begin) / Double(count) * 1e9 }
    }
}

extension StepCost {
    fileprivate mutating func note(_ counted: load_allocations, _ batch: Int) {
        allocations = Double(counted.count) / Double(batch)
        bytes = Double(counted.bytes) / Double(batch)
    }
}
