import MartletCrypto

/// Certificates with names that no authority would write, for those who read them; nobody signed them.
///
/// The common name of each is `victim.example`.
package enum ForgedCertificate {
    /// A `GeneralName` (RFC 5280 §4.2.1.6), rightly written or not.
    package struct Name: Sendable {
        fileprivate let field: DER

        package init(tag: UInt8, _ bytes: [UInt8]) {
            field = DER(tag: tag, content: bytes)
        }

        package static func dns(_ text: String) -> Name { Name(tag: 0x82, Array(text.utf8)) }
        package static func address(_ octets: [UInt8]) -> Name { Name(tag: 0x87, octets) }

        package static func service(_ text: String) -> Name {
            other(serviceType, tag: 0x16, Array(text.utf8))
        }

        package static func xmpp(_ text: String) -> Name {
            other(xmppType, tag: 0x0c, Array(text.utf8))
        }

        /// An `otherName`, with a value of whatever type.
        package static func other(_ type: [UInt8], tag: UInt8, _ bytes: [UInt8]) -> Name {
            let value = DER(tag: 0xa0, content: DER(tag: tag, content: bytes).bytes)
            return Name(tag: 0xa0, DER(tag: 0x06, content: type).bytes + value.bytes)
        }

        /// `id-on-dnsSRV` and `id-on-xmppAddr`, and a type that is nothing to us.
        package static let serviceType: [UInt8] = [0x2b, 6, 1, 5, 5, 7, 8, 7]
        package static let xmppType: [UInt8] = [0x2b, 6, 1, 5, 5, 7, 8, 5]
        package static let strangerType: [UInt8] = [0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3]
    }

    /// The bytes of a certificate whose names are these.
    package static func der(
        _ names: [Name],
        atUnixTime now: Int64 = 1_800_000_000
    ) throws -> [UInt8] {
        let made = try SelfSignedCertificate(asciiDomain: "victim.example", atUnixTime: now)
        let own = try Certificate(pem: made.certificatePEM).der
        let list = DER(tag: 0x30, content: names.flatMap(\.field.bytes))
        // Certificate, what is signed, its extensions, the list of them.
        let outer = DER.all(in: own).map { certificate in
            certificate.changing(0) { signed in
                signed.changing(signed.parts.count - 1) { extensions in
                    extensions.changing(0) { replaceNames(in: $0, by: list) }
                }
            }
        }
        return outer.flatMap(\.bytes)
    }

    private static func replaceNames(in extensions: DER, by list: DER) -> DER {
        let parts = extensions.parts.map { part in
            guard part.parts.first?.content == [0x55, 0x1d, 0x11] else { return part }
            return part.changing(part.parts.count - 1) {
                DER(tag: $0.tag, content: list.bytes)
            }
        }
        return DER(tag: extensions.tag, content: parts.flatMap(\.bytes))
    }
}

/// A value as DER writes it: its tag, its length, its content.
private struct DER: Sendable {
    let tag: UInt8
    let content: [UInt8]

    /// All that stand one behind another; of what is cut short, nothing.
    static func all(in bytes: [UInt8]) -> [DER] {
        var (all, rest): ([DER], ArraySlice<UInt8>) = ([], bytes[...])
        while let tag = rest.popFirst(), let first = rest.popFirst() {
            var count = Int(first)
            if first >= 0x80 {
                let digits = rest.prefix(Int(first & 0x7f))
                count = digits.reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(digits.count)
            }
            guard rest.count >= count else { return all }
            all.append(DER(tag: tag, content: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return all
    }

    var parts: [DER] { DER.all(in: content) }

    var bytes: [UInt8] {
        let count = content.count
        guard count >= 0x80 else { return [tag, UInt8(count)] + content }
        let digits = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }.drop { $0 == 0 }
        return [tag, 0x80 | UInt8(digits.count)] + digits + content
    }

    /// The same with another part in the place of one.
    func changing(_ index: Int, _ change: (DER) -> DER) -> DER {
        var parts = parts
        guard parts.indices.contains(index) else { return self }
        parts[index] = change(parts[index])
        return DER(tag: tag, content: parts.flatMap(\.bytes))
    }
}
