internal import MartletCore
internal import MartletCrypto
internal import MartletStorage
internal import MartletXML

/// Bytes of the store as XML can carry them: as text where it can, else in base64.
enum Text {
    /// The bytes as a text that comes back from XML as it is.
    static func plain(_ bytes: [UInt8]) -> String? {
        let isLegal = bytes.indices.allSatisfy { index in
            switch bytes[index] {
            case 0..<0x09, 0x0B, 0x0C, 0x0E..<0x20: false
            // U+FFFE and U+FFFF are no characters (XML 1.0 §2.2).
            case 0xBE, 0xBF:
                index < 2 || bytes[index - 1] != 0xBF || bytes[index - 2] != 0xEF
            default: true
            }
        }
        return isLegal ? String(validating: bytes, as: UTF8.self) : nil
    }

    /// Two attributes, of which one is nil: a name as it is, or in base64.
    static func attributes(_ text: String) -> (plain: String?, encoded: String?) {
        let bytes = Array(text.utf8)
        guard plain(bytes) != nil else { return (nil, Base64.encode(bytes)) }
        return (text, nil)
    }

    /// What ``attributes(_:)`` wrote, under a name and the same with `64`.
    static func read(_ name: String, of element: Element) -> String? {
        if let text = element[name] { return text }
        guard let bytes = element[name + "64"].flatMap({ Base64.decode($0) }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A value, and how it is encoded.
    static func content(_ value: [UInt8]) -> (text: String, encoding: String?) {
        plain(value).map { ($0, nil) } ?? (Base64.encode(value), "base64")
    }

    /// What ``content(_:)`` wrote.
    static func value(of element: Element) -> [UInt8]? {
        switch element["encoding"] {
        case nil: Array(element.text.utf8)
        case "base64": Base64.decode(element.text.utf8.filter { $0 > 0x20 })
        default: nil
        }
    }
}

/// A moment in a file: in our attributes as a number, elsewhere as XMPP writes it (XEP-0082).
enum Stamp {
    static func text(_ time: Timestamp) -> String { DateTime.text(microseconds: time.microseconds) }

    /// From the first year to the last that has four digits.
    private static let known: ClosedRange<Int64> =
        -62_135_596_800_000_000...253_402_300_799_999_999

    /// Reads microseconds since 1970; nil for a time that is out of reach.
    static func number(_ text: String) -> Timestamp? {
        guard let number = Int64(text), known.contains(number) else { return nil }
        return Timestamp(microseconds: number)
    }

    /// Reads `1469-07-21T00:32:29.5Z`, with an offset too, or the older `14690721T00:32:29`
    /// (XEP-0091 §3).
    static func read(_ text: String) -> Timestamp? {
        var rest = Array(text.utf8)[...]
        guard let year = number(&rest, 4) else { return nil }
        _ = rest.first == UInt8(ascii: "-") ? rest.removeFirst() : 0
        guard let month = number(&rest, 2), (1...12).contains(month) else { return nil }
        _ = rest.first == UInt8(ascii: "-") ? rest.removeFirst() : 0
        guard let day = number(&rest, 2), (1...31).contains(day), take("T", &rest),
            let hour = number(&rest, 2), hour < 24, take(":", &rest),
            let minute = number(&rest, 2), minute < 60, take(":", &rest),
            let second = number(&rest, 2), second <= 60
        else { return nil }
        let fraction = microseconds(&rest)
        guard let offset = offset(&rest), rest.isEmpty else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        return Timestamp(microseconds: (seconds - offset) * 1_000_000 + fraction)
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> Int64? {
        guard rest.count >= count else { return nil }
        var value: Int64 = 0
        for digit in rest.prefix(count) {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        rest = rest.dropFirst(count)
        return value
    }

    private static func take(_ sign: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func microseconds(_ rest: inout ArraySlice<UInt8>) -> Int64 {
        guard take(".", &rest) else { return 0 }
        var (value, scale): (Int64, Int64) = (0, 100_000)
        while let digit = rest.first, (0x30...0x39).contains(digit) {
            value += Int64(digit - 0x30) * scale
            scale /= 10
            rest = rest.dropFirst()
        }
        return value
    }

    /// Seconds east of Greenwich; none at all is read as UTC.
    private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        guard let sign = rest.popFirst(), sign != UInt8(ascii: "Z") else { return 0 }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = number(&rest, 2), take(":", &rest), let minutes = number(&rest, 2)
        else { return nil }
        return (hours * 3_600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    /// Days since 1970 of a date in the Gregorian calendar, which years begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
