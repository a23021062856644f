import Foundation
import Glibc

/// What a process has used, as the kernel counts it.
struct ProcessMeter: Sendable {
    let pid: Int32
    /// Others that count as well, with their children: a database's.
    var trees: [Int32] = []

    /// Seconds of user and system time since it started.
    ///
    /// From its CPU clock, which counts in nanoseconds what `/proc/PID/stat` gives in hundredths.
    func cpuSeconds() -> Double {
        trees.reduce(Self.seconds(pid)) { $0 + Self.secondsWithChildren($1) }
    }

    /// What a process and its children have used, those that have ended to a hundredth each.
    static func secondsWithChildren(_ pid: Int32) -> Double {
        func words(_ name: String) -> [Substring] {
            let text = try? String(contentsOfFile: "/proc/\(pid)/\(name)", encoding: .utf8)
            return (text ?? "").split { $0 == " " || $0 == ")" }
        }
        let children = words("task/\(pid)/children").compactMap { Int32($0) }
        // Fields 16 and 17, of those that were waited for.
        let ticks = words("stat").dropFirst(15).prefix(2).compactMap { Double($0) }
        let ended = ticks.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let running = children.map(seconds).filter { !$0.isNaN }
        return running.reduce(seconds(pid) + ended, +)
    }

    private static func seconds(_ pid: Int32) -> Double {
        var clock = clockid_t()
        guard clock_getcpuclockid(pid, &clock) == 0 else { return .nan }
        return read(clock)
    }

    /// KiB in memory now.
    func residentKiB() -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        return (pages ?? .nan) * Double(sysconf(Int32(_SC_PAGESIZE))) / 1024
    }

    /// Seconds that this process itself has used.
    static func ownSeconds() -> Double { read(CLOCK_PROCESS_CPUTIME_ID) }

    /// Seconds on a clock that never goes back.
    static func wallSeconds() -> Double { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// The same clocks at one moment; the difference of two is a measurement.
struct Reading: Sendable {
    let wall = ProcessMeter.wallSeconds()
    let generator = ProcessMeter.ownSeconds()
    /// Of each server that is measured.
    let servers: [Double]

    init(_ meters: ProcessMeter?...) {
        self.init(meters)
    }

    init(_ meters: [ProcessMeter?]) {
        servers = meters.map { $0?.cpuSeconds() ?? .nan }
    }
}
