import MartletPluginKit
import Testing

@Suite struct DateTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1969-07-21T02:56:15Z", -14_159_025_000_000),
        ("2026-11-21T09:30:00.5Z", 1_795_253_400_500_000),
        ("2000-02-29T23:59:59.123456Z", 951_868_799_123_456),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ])
    func `reads and writes moments`(text: String, microseconds: Int64) {
        #expect(Timestamp(dateTime: text)?.microseconds == microseconds)
        let again = Timestamp(microseconds: microseconds).dateTime
        #expect(Timestamp(dateTime: again)?.microseconds == microseconds)
    }

    @Test func `writes as many digits of a second as there are`() {
        #expect(Timestamp(microseconds: 1_000_000).dateTime == "1970-01-01T00:00:01Z")
        #expect(Timestamp(microseconds: 1_020_000).dateTime == "1970-01-01T00:00:01.020Z")
        #expect(Timestamp(microseconds: 1_000_020).dateTime == "1970-01-01T00:00:01.000020Z")
        #expect(Timestamp(microseconds: -1).dateTime == "1969-12-31T23:59:59.999999Z")
    }

    @Test(arguments: ["2009-07-21T02:56:15+05:30", "2009-07-20T19:26:15-02:00"])
    func `counts the offset from UTC`(text: String) {
        #expect(Timestamp(dateTime: text)?.dateTime == "2009-07-20T21:26:15Z")
    }

    @Test(arguments: [
        "", "yesterday", "2009-07-21", "2009-07-21T02:56:15", "2009-07-21 02:56:15Z",
        "2009-02-29T00:00:00Z", "2009-13-01T00:00:00Z", "2009-00-01T00:00:00Z",
        "2009-07-32T00:00:00Z", "2009-07-21T24:00:00Z", "2009-07-21T02:60:00Z",
        "2009-07-21T02:56:15.Z", "2009-07-21T02:56:15+5:30", "2009-07-21T02:56:15ZZ",
        "+009-07-21T02:56:15Z", "2009-07-21T02:56:15.1234567890123456789012345678Z0",
        "2009-07-2\u{661}T02:56:15Z",
    ])
    func `refuses what is no moment`(text: String) {
        #expect(Timestamp(dateTime: text) == nil)
    }
}
