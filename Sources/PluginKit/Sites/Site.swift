import CPlugin
import Synchronization

/// Where a plugin is at work: a domain (or, while it registers, the server as a whole).
///
/// Unchecked: the host keeps what this points at, and takes calls from any thread.
public struct Site: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    /// Where there is nobody to call: only what the host lends nothing to.
    init(_ handle: OpaquePointer?) {
        self.handle = handle ?? OpaquePointer(bitPattern: 1).unsafelyUnwrapped
    }

    /// The domain's name; empty while the plugin registers.
    public var domain: String { (Core.functions.pointee.domain?(handle) ?? .none).string }

    /// The domain's address.
    public var address: JID { JID(prepared: domain) }

    public enum LogLevel: Int32, Sendable { case debug, info, warning, error }

    /// Writes a line to the server's log, which knows the plugin and the domain already.
    public func log(_ level: LogLevel, _ text: String) {
        text.lend { Core.functions.pointee.log?(handle, level.rawValue, $0) }
    }

    /// The server's wall clock.
    public var now: Timestamp {
        Timestamp(microseconds: Core.functions.pointee.now_us?(handle) ?? 0)
    }
}

/// A moment, in microseconds since 1970, UTC.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

// MARK: Sending

extension Site {
    /// Sends a stanza on its way; `from` is the domain, an account of it, or a service of ours.
    ///
    /// - Returns: whether it set out.
    @discardableResult
    public func route(_ stanza: Stanza) -> Bool {
        Core.functions.pointee.route?(handle, stanza.handle) == 0
    }

    /// The same to many, who share the payload.
    @discardableResult
    public func route(_ stanza: Stanza, to addressees: [JID]) -> Bool {
        addressees.map(\.description).lendAll {
            Core.functions.pointee.route_many?(handle, stanza.handle, $0.baseAddress, $0.count) == 0
        }
    }
}

// MARK: Homes

extension Site {
    /// Does something at the home of an account, on its thread; nil when the plugin is stopped.
    public func visit<R: Sendable>(
        _ account: JID,
        _ body: @escaping @Sendable (borrowing Place) -> R
    ) async -> R? {
        await withCheckedContinuation { continuation in
            let isComing = visit(account) { (place: borrowing Place) in
                continuation.resume(returning: body(place))
            }
            if !isComing { continuation.resume(returning: nil) }
        }
    }

    /// The same, without waiting for it.
    ///
    /// - Returns: whether it will be done.
    @discardableResult
    public func visit(
        _ account: JID,
        then body: @escaping @Sendable (borrowing Place) -> Void
    ) -> Bool {
        let visit = Unmanaged.passRetained(Visit(self, body))
        let status = account.bare.description.lend { account in
            Core.functions.pointee.visit?(
                handle,
                account,
                { ud, place in
                    guard let ud else { return }
                    let visit = Unmanaged<Visit>.fromOpaque(ud).takeRetainedValue()
                    if let place { visit.body(Place(place, of: visit.site)) }
                },
                visit.toOpaque()
            )
        }
        if status != 0 { visit.release() }
        return status == 0
    }
}

private final class Visit: Sendable {
    let site: Site
    let body: @Sendable (borrowing Place) -> Void

    init(_ site: Site, _ body: @escaping @Sendable (borrowing Place) -> Void) {
        self.site = site
        self.body = body
    }
}

// MARK: Chance, digests, time

extension Site {
    /// Bytes that nobody can foretell.
    public func random(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            Core.functions.pointee.random?(buffer.baseAddress, count)
            filled = count
        }
    }

    /// A token of random bytes, in lower-case hexadecimal digits.
    public func token(byteCount: Int = 16) -> String { Self.hex(random(byteCount)) }

    /// `sha-1`, `sha-256` or `sha-512`; empty for another.
    public func digest(_ algorithm: String, of bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { digest, count in
            let length = algorithm.lend { algorithm in
                bytes.withUnsafeBufferPointer {
                    Core.functions.pointee.hash?(
                        algorithm,
                        martlet_str($0),
                        digest.baseAddress,
                        digest.count
                    ) ?? -1
                }
            }
            count = length > digest.count ? 0 : max(Int(length), 0)
        }
    }

    public static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Calls back after a time, and again each time that one has passed if it is given.
    ///
    /// It ends with the plugin.
    @discardableResult
    public func timer(
        after first: Duration,
        every: Duration? = nil,
        _ body: @escaping @Sendable () -> Void
    ) -> SiteTimer? {
        let timer = TimerCall(repeats: every != nil, body)
        let call = Unmanaged.passRetained(timer)
        let number = Core.functions.pointee.timer?(
            handle,
            first.wholeMilliseconds,
            every.map { max($0.wholeMilliseconds, 1) } ?? 0,
            { ud, _ in
                guard let ud else { return }
                let call = Unmanaged<TimerCall>.fromOpaque(ud)
                let timer = call.takeUnretainedValue()
                timer.goOff()
                if !timer.repeats { call.release() }
            },
            call.toOpaque()
        )
        guard let number, number != 0 else {
            call.release()
            return nil
        }
        return SiteTimer(site: self, number: number, call: timer)
    }
}

/// A timer that was set.
public struct SiteTimer: Sendable {
    let site: Site
    let number: UInt64
    fileprivate let call: TimerCall

    /// Forgets it, and what it would have called, which is not called any more.
    public func cancel() {
        call.forget()
        _ = Core.functions.pointee.cancel?(site.handle, number)
    }
}

/// What a timer calls.
///
/// The host may be about to call it while it is cancelled, so that this itself stays.
private final class TimerCall: Sendable {
    let repeats: Bool
    private let body: Mutex<(@Sendable () -> Void)?>

    init(repeats: Bool, _ body: @escaping @Sendable () -> Void) {
        self.repeats = repeats
        self.body = Mutex(body)
    }

    func goOff() {
        let body = body.withLock { body in
            defer { if !repeats { body = nil } }
            return body
        }
        body?()
    }

    func forget() { body.withLock { $0 = nil } }
}

extension Duration {
    /// At least zero.
    fileprivate var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) * 1000 + UInt64(attoseconds / 1_000_000_000_000_000)
    }
}
