import Foundation

/// A bound on the CPU that a process may use, kept by a cgroup of its own (version 1 or 2).
struct CPUQuota: Sendable {
    /// Short, so that a process that has used its share waits for milliseconds.
    private static let periodMicroseconds = 10_000

    let cores: Double
    private let folder: URL

    init(of pid: Int32, cores: Double) throws {
        self.cores = cores
        let period = Self.periodMicroseconds
        let share = Int(cores * Double(period))
        let first = URL(fileURLWithPath: "/sys/fs/cgroup/cpu")
        let isFirst = FileManager.default.fileExists(atPath: first.path)
        let top = isFirst ? first : URL(fileURLWithPath: "/sys/fs/cgroup")
        folder = top.appendingPathComponent("martlet-load-\(pid)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            if isFirst {
                try write("\(period)", to: "cpu.cfs_period_us")
                try write("\(share)", to: "cpu.cfs_quota_us")
            } else {
                try write("\(share) \(period)", to: "cpu.max")
            }
            try write("\(pid)", to: "cgroup.procs")
        } catch {
            remove()
            throw LoadError("no cgroup can be made here to bound the server's CPU: \(error)")
        }
    }

    private func write(_ text: String, to name: String) throws {
        let file = try FileHandle(forWritingTo: folder.appendingPathComponent(name))
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// After the process has ended.
    func remove() {
        rmdir(folder.path)
    }

    var description: String {
        "not pinned; the server has \(String(format: "%.2f", cores)) of a core (cgroup)"
    }
}
