internal import COpenSSL
import Glibc
import Synchronization

/// The keys that a server's session tickets are sealed with (RFC 5077 §4).
///
/// They stand apart from the context, so that tickets outlive a change of settings or certificates.
/// A key seals for twelve hours and opens for as long as what it sealed is good; the first handshake
/// after that forgets it, and whoever takes the server later reads no older connection. Shared by
/// all shards.
public final class TLSTicketKeys: Sendable {
    /// Seconds that a key seals.
    static let sealingTime: Int64 = 12 * 60 * 60
    /// Seconds that a key opens, from when it was made.
    static let openingTime = sealingTime + Int64(TLSContext.ticketLifetime)

    private struct State {
        var current: TLSTicketKey
        var previous: TLSTicketKey?
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Int64

    public convenience init() {
        self.init(now: Self.uptime)
    }

    /// - Parameter now: seconds of a clock that only goes forward.
    init(now: @escaping @Sendable () -> Int64) {
        self.now = now
        state = Mutex(State(current: TLSTicketKey(made: now())))
    }

    /// Seconds since the machine was started, those too that it slept.
    private static func uptime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec)
    }

    /// What new tickets are sealed with.
    func sealing() -> TLSTicketKey {
        state.withLock { state in
            Self.rotate(&state, at: now())
            return state.current
        }
    }

    /// What opens a ticket, if it is still there, and whether it still seals.
    func opening(_ name: UnsafeRawBufferPointer) -> (key: TLSTicketKey, isCurrent: Bool)? {
        state.withLock { state in
            Self.rotate(&state, at: now())
            if state.current.isNamed(name) { return (state.current, true) }
            guard let previous = state.previous, previous.isNamed(name) else { return nil }
            return (previous, false)
        }
    }

    private static func rotate(_ state: inout State, at now: Int64) {
        if now - state.current.made >= sealingTime {
            state.previous = state.current
            state.current = TLSTicketKey(made: now)
        }
        if let previous = state.previous, now - previous.made >= openingTime {
            state.previous = nil
        }
    }
}

/// One key: a name that is seen on the wire, and two secrets that are wiped when nobody needs them.
final class TLSTicketKey: Sendable {
    static let nameSize = 16
    static let secretSize = 32
    private static let size = nameSize + 2 * secretSize

    let made: Int64
    // Filled in init, wiped in deinit, and read alone in between.
    nonisolated(unsafe) private let bytes: UnsafeMutablePointer<UInt8>

    init(made: Int64) {
        self.made = made
        bytes = .allocate(capacity: Self.size)
        let status = getentropy(bytes, Self.size)
        precondition(status == 0, "the system's random generator answers")
    }

    deinit {
        OPENSSL_cleanse(bytes, Self.size)
        bytes.deallocate()
    }

    var name: UnsafePointer<UInt8> { UnsafePointer(bytes) }
    /// Of AES with 256 bits.
    var cipherKey: UnsafePointer<UInt8> { name + Self.nameSize }
    /// Of HMAC with SHA-256.
    var macKey: UnsafePointer<UInt8> { cipherKey + Self.secretSize }

    func isNamed(_ other: UnsafeRawBufferPointer) -> Bool {
        UnsafeRawBufferPointer(start: name, count: Self.nameSize).elementsEqual(other)
    }
}
