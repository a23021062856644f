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
        let fields = Array(text.utf8)
            .split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard fields.count == 3, let hash = Self.hash(named: fields[0]) else { return nil }
        let colon = UInt8(ascii: ":")
        let cost = fields[1].split(separator: colon, omittingEmptySubsequences: false)
        let keys = fields[2].split(separator: colon, omittingEmptySubsequences: false)
        guard cost.count == 2, keys.count == 2,
            let iterations = decimal(cost[0]), iterations <= Self.iterationLimits.upperBound,
            let salt = Base64.decode(cost[1]), !salt.isEmpty,
            let storedKey = Base64.decode(keys[0]), storedKey.count == hash.byteCount,
            let serverKey = Base64.decode(keys[1]), serverKey.count == hash.byteCount
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
