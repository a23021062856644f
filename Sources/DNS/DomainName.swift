/// Names as DNS writes them: labels with a length before each (RFC 1035 §3.1).
enum DomainName {
    /// Bytes of a name in text, without the dot at its end.
    static let limit = 253

    /// What follows a record's own fields: a name that is not compressed, to the end.
    ///
    /// - Returns: its text in lower case, empty for the root; nil if it is none, or has labels that no
    ///   host has (letters, digits, hyphens, and underscores which are tolerated).
    static func text(of bytes: ArraySlice<UInt8>) -> String? {
        var rest = bytes
        var labels: [String] = []
        while let length = rest.popFirst(), length > 0 {
            guard length < 64, rest.count > length else { return nil }
            let label = rest.prefix(Int(length)).map { isCapital($0) ? $0 | 0x20 : $0 }
            guard label.allSatisfy(isOfHosts) else { return nil }
            labels.append(String(decoding: label, as: UTF8.self))
            rest = rest.dropFirst(Int(length))
        }
        let text = labels.joined(separator: ".")
        return rest.isEmpty && bytes.last == 0 && text.utf8.count <= limit ? text : nil
    }

    private static func isCapital(_ byte: UInt8) -> Bool {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }

    private static func isOfHosts(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
