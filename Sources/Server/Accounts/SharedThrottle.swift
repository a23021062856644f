import MartletCore
import MartletNet
import MartletSASL
import Synchronization

/// The counts of failed logins, shared by all shards.
final class SharedThrottle: Sendable {
    private let throttle: Mutex<LoginThrottle>
    private let start = ContinuousClock.now

    init(_ policy: ThrottlePolicy) {
        throttle = Mutex(LoginThrottle(policy))
    }

    private var now: Duration { start.duration(to: .now) }

    /// Judges an attempt before its password is looked at.
    func judge(_ account: JID, from address: SocketAddress) -> ThrottleVerdict {
        throttle.withLock { $0.judge(address: address.throttleKey, account: account, now: now) }
    }

    func failed(_ account: JID, from address: SocketAddress) {
        throttle.withLock {
            $0.noteFailure(address: address.throttleKey, account: account, now: now)
        }
    }

    func succeeded(_ account: JID, from address: SocketAddress) {
        throttle.withLock {
            $0.noteSuccess(address: address.throttleKey, account: account, now: now)
        }
    }
}

extension SocketAddress {
    /// One key for a host, or for the /64 of IPv6 that one customer holds.
    fileprivate var throttleKey: String {
        isIPv6 ? bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") : host
    }
}
