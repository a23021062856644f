import CLinux
import Glibc

/// An IP address and port.
///
/// An IPv4 address mapped into IPv6 is held as IPv4.
public struct SocketAddress: Hashable, Sendable {
    /// The address in network order: its first 4 bytes for IPv4, all 16 for IPv6.
    private let high: UInt64
    private let low: UInt64
    private let scope: UInt32
    public let port: UInt16
    public let isIPv6: Bool

    /// Reads an address in numbers, `192.0.2.1` or `2001:db8::1`; nil for anything else.
    public init?(_ text: String, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4, port: port)
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(v6, port: port, scope: 0)
        } else {
            return nil
        }
    }

    /// 127.0.0.1, or ::1.
    public static func loopback(port: UInt16, isIPv6: Bool = false) -> SocketAddress {
        isIPv6
            ? SocketAddress(high: 0, low: 1, scope: 0, port: port, isIPv6: true)
            : SocketAddress(high: 0x7F00_0001 << 32, low: 0, scope: 0, port: port, isIPv6: false)
    }

    /// All addresses of the machine.
    public static func any(port: UInt16, isIPv6: Bool) -> SocketAddress {
        SocketAddress(high: 0, low: 0, scope: 0, port: port, isIPv6: isIPv6)
    }

    /// The 4 or 16 bytes of the address.
    public var bytes: [UInt8] {
        let all = [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        return isIPv6 ? all : Array(all[0..<4])
    }

    /// The address without its port, as text.
    public var host: String {
        isIPv6 ? textOfIPv6 : textOfIPv4
    }

    /// Four numbers, 15 bytes at most, which a `String` holds without memory of its own.
    private var textOfIPv4: String {
        String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            func append(_ byte: UInt8) {
                text.initializeElement(at: count, to: byte)
                count += 1
            }
            for shift in stride(from: 56, through: 32, by: -8) {
                if count > 0 { append(UInt8(ascii: ".")) }
                let number = UInt8(truncatingIfNeeded: high >> UInt64(shift))
                if number >= 100 { append(0x30 + number / 100) }
                if number >= 10 { append(0x30 + number / 10 % 10) }
                append(0x30 + number % 10)
            }
            return count
        }
    }

    private var textOfIPv6: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        var raw = bytes
        inet_ntop(AF_INET6, &raw, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    public func with(port: UInt16) -> SocketAddress {
        SocketAddress(high: high, low: low, scope: scope, port: port, isIPv6: isIPv6)
    }

    /// What limits per client count by: an IPv4 address, or the /64 of an IPv6 address.
    public var network: Network { Network(prefix: high, isIPv6: isIPv6) }

    /// A host, as far as a server can tell hosts apart.
    public struct Network: Hashable, Sendable {
        let prefix: UInt64
        let isIPv6: Bool
    }
}

extension SocketAddress: CustomStringConvertible {
    public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

// MARK: The kernel's form

extension SocketAddress {
    private init(high: UInt64, low: UInt64, scope: UInt32, port: UInt16, isIPv6: Bool) {
        self.high = high
        self.low = low
        self.scope = scope
        self.port = port
        self.isIPv6 = isIPv6
    }

    private init(_ address: in_addr, port: UInt16) {
        let high = UInt64(UInt32(bigEndian: address.s_addr)) << 32
        self.init(high: high, low: 0, scope: 0, port: port, isIPv6: false)
    }

    private init(_ address: in6_addr, port: UInt16, scope: UInt32) {
        let (high, low) = withUnsafeBytes(of: address) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        if high == 0, low >> 32 == 0xFFFF {  // ::ffff:a.b.c.d (RFC 4291 §2.5.5.2)
            self.init(high: low << 32, low: 0, scope: 0, port: port, isIPv6: false)
        } else {
            self.init(high: high, low: low, scope: scope, port: port, isIPv6: true)
        }
    }

    /// Nil for a family that is neither IPv4 nor IPv6.
    init?(_ storage: sockaddr_storage) {
        let address: SocketAddress? = withUnsafeBytes(of: storage) { bytes in
            switch CInt(storage.ss_family) {
            case AF_INET:
                let address = bytes.load(as: sockaddr_in.self)
                return SocketAddress(address.sin_addr, port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                let address = bytes.load(as: sockaddr_in6.self)
                return SocketAddress(
                    address.sin6_addr,
                    port: UInt16(bigEndian: address.sin6_port),
                    scope: address.sin6_scope_id
                )
            default: return nil
            }
        }
        guard let address else { return nil }
        self = address
    }

    var family: CInt { isIPv6 ? AF_INET6 : AF_INET }

    func withKernelForm<R>(_ body: (UnsafePointer<sockaddr_storage>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        let length = withUnsafeMutableBytes(of: &storage) { bytes -> Int in
            if isIPv6 {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                address.sin6_scope_id = scope
                withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: self.bytes) }
                bytes.storeBytes(of: address, as: sockaddr_in6.self)
                return MemoryLayout<sockaddr_in6>.size
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(truncatingIfNeeded: high >> 32).bigEndian
            bytes.storeBytes(of: address, as: sockaddr_in.self)
            return MemoryLayout<sockaddr_in>.size
        }
        return body(&storage, socklen_t(length))
    }
}
