import TestSupport
import Testing

@testable import MartletPostgreSQL

/// What goes to the server and comes back.
@Suite(.timeLimit(.minutes(5)))
struct ValueTests {
    @Test func `carries values of each type there and back`() async throws {
        try await Harness.use { harness in
            let rows = try await harness.ask(
                "SELECT $1, $2, $3, $4, $5, $6",
                [
                    .integer(-9_007_199_254_740_993), .boolean(true), .text("Romeo ⚘ Juliet"),
                    .bytes([0, 255, 1]), .time(1_763_740_800_123_456), .null,
                ]
            )
            #expect(rows.count == 1 && rows.columnCount == 6)
            #expect(rows.integer(0, 0) == -9_007_199_254_740_993)
            #expect(rows.boolean(0, 1) == true)
            #expect(rows.text(0, 2) == "Romeo ⚘ Juliet")
            #expect(rows.bytes(0, 3) == [0, 255, 1])
            #expect(rows.time(0, 4) == 1_763_740_800_123_456)
            #expect(rows.isNull(0, 5))
        }
    }

    @Test func `tells time as the server does`() async throws {
        try await Harness.use { harness in
            let rows = try await harness.ask(
                """
                SELECT '2026-11-21 17:00:00+00'::timestamptz, $1 = '1970-01-01 00:00:01+00',
                    '2026-11-21 17:00:00'::timestamp, 'infinity'::timestamptz,
                    '-infinity'::timestamptz
                """,
                [.time(1_000_000)]
            )
            #expect(rows.time(0, 0) == 1_795_280_400_000_000)
            #expect(rows.boolean(0, 1) == true)
            #expect(rows.time(0, 2) == 1_795_280_400_000_000)
            #expect(rows.time(0, 3) == Int64.max)
            #expect(rows.time(0, 4) == Int64.min + 946_684_800_000_000)
        }
    }

    @Test func `carries arrays with nulls, empty ones too`() async throws {
        try await Harness.use { harness in
            let rows = try await harness.ask(
                "SELECT $1, $2, $3, $4, $5, array_length($6, 1), $7",
                [
                    .integers([1, nil, -3]), .texts(["a", nil, "", "ü"]),
                    .byteStrings([[1, 2], nil, []]), .integers([]), .texts([nil]),
                    .booleans([true, false]), .times([0, nil]),
                ]
            )
            #expect(rows.integers(0, 0) == [1, nil, -3])
            #expect(rows.texts(0, 1) == ["a", nil, "", "ü"])
            #expect(rows.byteStrings(0, 2) == [[1, 2], nil, []])
            #expect(rows.integers(0, 3) == [])
            #expect(rows.texts(0, 4) == [nil])
            #expect(rows.integer(0, 5) == 2)
        }
    }

    @Test func `unnests arrays into rows`() async throws {
        try await Harness.use { harness in
            _ = try await harness.ask("CREATE TABLE lines (n bigint, t text, at timestamptz)")
            let done = try await harness.ask(
                "INSERT INTO lines SELECT * FROM unnest($1, $2, $3)",
                [
                    .integers((0..<1000).map { $0 }), .texts((0..<1000).map { "line \($0)" }),
                    .times((0..<1000).map { $0 * 1_000_000 }),
                ]
            )
            #expect(done.affected == 1000)
            let rows = try await harness.ask("SELECT n, t, at FROM lines ORDER BY n")
            #expect(rows.count == 1000)
            #expect(rows.text(999, 1) == "line 999")
            #expect(rows.time(999, 2) == 999_000_000)
        }
    }

    @Test func `gives nothing for what is not there or of another type`() async throws {
        try await Harness.use { harness in
            let rows = try await harness.ask("SELECT 1::int, 'x', 1.5::numeric, ARRAY[[1,2],[3,4]]")
            #expect(rows.integer(0, 0) == 1)
            #expect(rows.text(0, 0) == nil && rows.boolean(0, 0) == nil)
            #expect(rows.bytes(0, 0) == nil && rows.time(0, 0) == nil)
            #expect(rows.integer(1, 0) == nil && rows.integer(0, 9) == nil)
            #expect(rows.integer(-1, 0) == nil && rows.integer(0, -1) == nil)
            #expect(rows.integer(0, 1) == nil && rows.integers(0, 1) == nil)
            #expect(rows.integer(0, 2) == nil && !rows.isNull(0, 2))
            #expect(rows.integers(0, 3) == nil)
        }
    }

    @Test func `reads large results and sends large values`() async throws {
        try await Harness.use { harness in
            let large = [UInt8](repeating: 7, count: 20_000_000)
            let rows = try await harness.ask(
                "SELECT length($1), $1, repeat('x', 3000000)",
                [.bytes(large)]
            )
            #expect(rows.integer(0, 0) == 20_000_000)
            #expect(rows.bytes(0, 1) == large)
            #expect(rows.text(0, 2)?.utf8.count == 3_000_000)
        }
    }

    @Test func `reads no array that lies about its length`() {
        func elements(_ words: [Int32], _ tail: [UInt8] = []) -> Int? {
            let bytes = words.flatMap { word in withUnsafeBytes(of: word.bigEndian, Array.init) }
            return (bytes + tail).withUnsafeBytes { bytes in
                Field(type: .int8Array, bytes: bytes).elements?.count
            }
        }
        #expect(elements([1, 0, 25, 1, 1, 2], [65, 66]) == 1)
        #expect(elements([0, 0, 25]) == 0)
        for words: [Int32] in [
            [], [1], [1, 0], [1, 0, 25], [1, 0, 25, 1], [1, 0, 25, 1, 1], [1, 0, 25, 1, 1, 1],
            [1, 0, 25, .max, 1, 0], [1, 0, 25, -1, 1], [2, 0, 25, 1, 1, 1, 1, 0], [-1, 0, 25],
            [1, 0, 25, 1, 1, .max],
        ] {
            #expect(elements(words) == nil, "\(words)")
        }
    }
}
