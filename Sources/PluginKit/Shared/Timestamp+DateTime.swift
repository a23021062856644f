/// Moments as XEP-0082 §3.2 writes them: `1969-07-21T02:56:15.123Z`.
extension Timestamp {
    /// Reads a DateTime; the offset from UTC is either `Z` or `±hh:mm`.
    public init?(dateTime text: String) {
        var reader = DateTimeReader(text)
        guard let year = reader.number(4), reader.take("-"),
            let month = reader.number(2, 1...12), reader.take("-"),
            let day = reader.number(2, 1...Self.days(in: month, of: year)), reader.take("T"),
            let hour = reader.number(2, 0...23), reader.take(":"),
            let minute = reader.number(2, 0...59), reader.take(":"),
            let second = reader.number(2, 0...60), let fraction = reader.microseconds(),
            let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let days = Self.days(before: year, month, day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }

    /// In UTC, with as many digits of a second as it has: none, three or six.
    public var dateTime: String {
        let (seconds, micros) = microseconds.quotientAndFloorRemainder(by: 1_000_000)
        let (days, time) = seconds.quotientAndFloorRemainder(by: 86_400)
        let date = Self.date(Int(days))
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { Self.padded(Int($0), 2) }
        var text = "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))"
        text += "-\(Self.padded(date.day, 2))T\(clock.joined(separator: ":"))"
        if micros % 1_000 != 0 {
            text += ".\(Self.padded(Int(micros), 6))"
        } else if micros != 0 {
            text += ".\(Self.padded(Int(micros / 1_000), 3))"
        }
        return text + "Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970 to a date of the Gregorian calendar; years begin in March, so that the leap day
    /// comes last.
    private static func days(before year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let inYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + inYear - 719_468
    }

    /// The other way round.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, rest) = Int64(days + 719_468).quotientAndFloorRemainder(by: 146_097)
        let inEra = Int(rest)
        let year = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * year + year / 4 - year / 100)
        let march = (5 * inYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let shifted = year + Int(era) * 400
        return (month > 2 ? shifted : shifted + 1, month, inYear - (153 * march + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func quotientAndFloorRemainder(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Reads a DateTime from left to right.
private struct DateTimeReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Exactly so many digits.
    mutating func number(_ width: Int, _ range: ClosedRange<Int> = 0...9_999) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy(Self.isDigit) else { return nil }
        rest = rest.dropFirst(width)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return range.contains(value) ? value : nil
    }

    /// The digits of a second behind a point, if there are any; those past the sixth are dropped.
    mutating func microseconds() -> Int? {
        guard take(".") else { return 0 }
        let digits = rest.prefix(while: Self.isDigit)
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        let six = Array(digits.prefix(6)) + Array(repeating: UInt8(ascii: "0"), count: 6)
        return six.prefix(6).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// In minutes.
    mutating func offset() -> Int? {
        if take("Z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(2, 0...23), take(":"),
            let minutes = number(2, 0...59)
        else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
