/// A moment as XMPP writes it, in UTC: `2002-09-10T23:08:25Z` (XEP-0082 §3.2).
public enum DateTime {
    /// Writes microseconds since 1970; the fraction has three digits, or is left out when it is zero.
    public static func text(microseconds: Int64) -> String {
        let seconds = floored(microseconds, by: 1_000_000)
        let milliseconds = (microseconds - seconds * 1_000_000) / 1000
        let days = floored(seconds, by: 86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = civil(days: days)
        return String(unsafeUninitializedCapacity: 40) { text in
            var count = 0
            func append(_ number: Int64, _ width: Int, _ end: Unicode.Scalar) {
                let digits = digitCount(number, atLeast: width)
                var rest = number
                for place in stride(from: count + digits - 1, through: count, by: -1) {
                    text.initializeElement(at: place, to: 0x30 + UInt8(rest % 10))
                    rest /= 10
                }
                text.initializeElement(at: count + digits, to: UInt8(ascii: end))
                count += digits + 1
            }
            append(max(0, year), 4, "-")
            append(month, 2, "-")
            append(day, 2, "T")
            append(second / 3600, 2, ":")
            append(second / 60 % 60, 2, ":")
            append(second % 60, 2, milliseconds == 0 ? "Z" : ".")
            if milliseconds != 0 { append(milliseconds, 3, "Z") }
            return count
        }
    }

    private static func digitCount(_ number: Int64, atLeast width: Int) -> Int {
        var (digits, rest) = (1, number / 10)
        while rest > 0 { (digits, rest) = (digits + 1, rest / 10) }
        return max(digits, width)
    }

    /// The date of a day counted from 1970-01-01, in the Gregorian calendar.
    ///
    /// Counts in eras of 400 years that begin on the first of March, so that leap days come last.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floored(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }
}
