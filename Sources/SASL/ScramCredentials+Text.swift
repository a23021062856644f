internal import MartletCrypto

extension ScramCredentials: CustomStringConvertible {
    /// The mechanism's name without `-PLUS`, under which a store keeps these.
    public var mechanism: String { "SCRAM-" + hash.rawValue }

    /// One line for the store: `SCRAM-SHA-256$4096:salt$storedKey:serverKey`, the bytes in base64
    /// (after RFC 5803 §3).
    public var text: String {
        let salt = Base64.encode(salt)
        let keys = Base64.encode(storedKey) + ":" + Base64.encode(serverKey)
        return "\(mechanism)$\(iterations):\(salt)$\(keys)"
    }

    /// Reads the line back; nil when it is not one, or when its keys have not the hash's length.
    public init?(text: String) {
        var rest = Array(text.utf8)[...]
        // A field that holds another separator than its own is no number and no base64.
        guard let name = rest.take(upTo: "$"), let hash = Self.hash(named: name),
            let count = rest.take(upTo: ":"), let iterations = decimal(count),
            iterations <= Self.iterationLimits.upperBound,
            let salt = rest.take(upTo: "$").flatMap(Base64.decode), !salt.isEmpty,
            let storedKey = rest.take(upTo: ":").flatMap(Base64.decode),
            storedKey.count == hash.byteCount,
            let serverKey = Base64.decode(rest), serverKey.count == hash.byteCount
        else { return nil }
        self.init(
            hash: hash,
            salt: salt,
            iterations: iterations,
            storedKey: storedKey,
            serverKey: serverKey
        )
    }

    private static func hash(named field: ArraySlice<UInt8>) -> HashFunction? {
        guard field.starts(with: "SCRAM-".utf8) else { return nil }
        return HashFunction(rawValue: String(decoding: field.dropFirst(6), as: UTF8.self))
    }

    /// Names the mechanism and its cost; the keys stay out of logs.
    public var description: String { "\(mechanism)$\(iterations)" }
}

extension ArraySlice<UInt8> {
    /// Takes the bytes before a separator, and the separator; nil where there is none.
    fileprivate mutating func take(upTo separator: Unicode.Scalar) -> ArraySlice<UInt8>? {
        guard let end = firstIndex(of: UInt8(ascii: separator)) else { return nil }
        defer { self = self[(end + 1)...] }
        return self[..<end]
    }
}

/// A positive number in ASCII digits without sign or leading zeros (RFC 5802 §7, `posit-number`).
func decimal(_ digits: some Collection<UInt8>) -> Int? {
    guard let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 10 else {
        return nil
    }
    var value = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
}
