import Foundation
import Glibc

/// What a process has used, as the kernel counts it.
struct ProcessMeter: Sendable {
    let pid: Int32

    /// Seconds of user and system time since it started.
    ///
    /// From its CPU clock, which counts in nanoseconds what `/proc/PID/stat` gives in hundredths.
    func cpuSeconds() -> Double {
        var clock = clockid_t()
        guard clock_getcpuclockid(pid, &clock) == 0 else { return .nan }
        return Self.read(clock)
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

/// The same three clocks at one moment; the difference of two is a measurement.
struct Reading: Sendable {
    let wall = ProcessMeter.wallSeconds()
    let generator = ProcessMeter.ownSeconds()
    let server: Double

    init(_ meter: ProcessMeter?) {
        server = meter?.cpuSeconds() ?? .nan
    }
}
