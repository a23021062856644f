/// What a server's certificate must be (DANE, RFC 6698 §2.1).
package struct TLSARecord: Hashable, Sendable {
    /// 0 to 3: PKIX-TA, PKIX-EE, DANE-TA, DANE-EE (RFC 7218).
    package let usage: UInt8
    /// 0: the certificate, 1: its public key.
    package let selector: UInt8
    /// 0: the bytes themselves, 1: their SHA-256, 2: their SHA-512.
    package let matching: UInt8
    package let association: [UInt8]

    /// Reads a record's data; nil if it is too short to be one.
    package init?(_ data: [UInt8]) {
        guard data.count > 3 else { return nil }
        (usage, selector, matching) = (data[0], data[1], data[2])
        association = Array(data[3...])
    }
}
