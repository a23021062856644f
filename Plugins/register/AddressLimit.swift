import MartletPluginKit
import Synchronization

/// How often one address may try, within an hour.
final class AddressLimit: Sendable {
    private struct Window {
        var end: Timestamp
        var count: Int
    }

    private let limit: Int
    private let windows = Mutex<[String: Window]>([:])

    /// Past so many addresses within an hour, new ones have to wait.
    private static let addressLimit = 50_000
    private static let hour: Int64 = 3_600_000_000

    init(_ limit: Int) { self.limit = limit }

    /// Counts an attempt, and tells whether it may be made.
    func admits(_ peer: String, at now: Timestamp) -> Bool {
        let network = Self.network(of: peer)
        return windows.withLock { windows in
            if windows[network] == nil, windows.count >= Self.addressLimit {
                windows = windows.filter { $0.value.end > now }
                guard windows.count < Self.addressLimit else { return false }
            }
            var window = windows[network] ?? Window(end: now, count: 0)
            if window.end <= now {
                window = Window(
                    end: Timestamp(microseconds: now.microseconds + Self.hour),
                    count: 0
                )
            }
            window.count += 1
            windows[network] = window
            return window.count <= limit
        }
    }

    /// One customer has a whole /64 of IPv6: of such an address, its first four groups.
    static func network(of peer: String) -> String {
        guard peer.contains(":") else { return peer }
        // An IPv4 address written as IPv6.
        if peer.contains("."), let last = peer.split(separator: ":").last { return String(last) }
        let halves = peer.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = halves[0].split(separator: ":").map(String.init)
        let rest = halves.dropFirst().first?.split(separator: ":").map(String.init) ?? []
        if halves.count == 2 {
            groups += [String](repeating: "0", count: max(0, 8 - groups.count - rest.count)) + rest
        }
        return groups.prefix(4).joined(separator: ":")
    }
}
