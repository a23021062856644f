public import MartletCrypto

/// The name of a mechanism as it stands in the stream's features (RFC 4422 §3.1).
public struct SASLMechanismName: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init(_ name: String) {
        rawValue = name
    }

    public static let scramSHA512Plus = Self("SCRAM-SHA-512-PLUS")
    public static let scramSHA256Plus = Self("SCRAM-SHA-256-PLUS")
    public static let scramSHA1Plus = Self("SCRAM-SHA-1-PLUS")
    public static let external = Self("EXTERNAL")
    public static let scramSHA512 = Self("SCRAM-SHA-512")
    public static let scramSHA256 = Self("SCRAM-SHA-256")
    public static let scramSHA1 = Self("SCRAM-SHA-1")
    public static let plain = Self("PLAIN")
    public static let anonymous = Self("ANONYMOUS")

    /// What Martlet speaks, the strongest first: a server offers, and a client tries, in this order.
    public static let known: [SASLMechanismName] = [
        external, scramSHA512Plus, scramSHA256Plus, scramSHA1Plus, scramSHA512, scramSHA256,
        scramSHA1, plain, anonymous,
    ]

    /// The place among `known`, higher for stronger; 0 for a mechanism that Martlet does not speak.
    public var strength: Int {
        Self.known.firstIndex(of: self).map { Self.known.count - $0 } ?? 0
    }

    /// Whether it ties the login to the TLS channel (RFC 5802 §6).
    public var isPlus: Bool { rawValue.hasSuffix("-PLUS") }

    /// Whether it must not be used on a stream without TLS (RFC 6120 §13.8.1).
    public var needsTLS: Bool { isPlus || self == .plain || self == .external }

    /// SCRAM's hash function, or nil for every other mechanism.
    public var scramHash: HashFunction? {
        switch self {
        case .scramSHA1, .scramSHA1Plus: .sha1
        case .scramSHA256, .scramSHA256Plus: .sha256
        case .scramSHA512, .scramSHA512Plus: .sha512
        default: nil
        }
    }
}

extension SASLMechanismName: CustomStringConvertible {
    public var description: String { rawValue }
}
