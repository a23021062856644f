import MartletClient
import MartletCore
import MartletNet
import MartletStorage
import MartletTesting
import MartletXML
import Testing

/// XEP-0313 §3.2: the oldest messages of an archive go, by their number and by their age.
@Suite struct RetentionTests {
    private static let romeo = "romeo@montague.example"
    private static let log = "archive"

    /// An archive with a message of each of these ages, in days, after an hour in which the plugin may
    /// look at it; what is left, as soon as it is no more than `wanted`.
    private func messages(
        ofAges ages: [Int64],
        settings: String,
        leaving wanted: Int
    ) async throws -> [String] {
        let clock = ManualClock()
        let scene = try await Scene(plugins: ["mam": settings], clock: clock)
        let romeo = try JID(Self.romeo)
        let owner = Owner(romeo)
        let client = try await scene.enter(try JID(Self.romeo + "/orchard"))
        for (number, age) in ages.enumerated() {
            let time = Timestamp(microseconds: Timestamp.now().microseconds - age * 86_400_000_000)
            let entry = NewLogEntry(time: time, columns: ["with": "x"], value: [UInt8(48 + number)])
            _ = try await scene.store.append([entry], to: Self.log, of: owner)
        }
        // One more makes the archive known.
        await client.send(raw: Array("<message><body>new</body></message>".utf8))
        _ = try await read(scene.store, owner) { $0.count > ages.count }
        try await scene.pass(.seconds(3_600))
        let left = try await read(scene.store, owner) { $0.count <= wanted }
        await scene.end()
        return left.map { $0.value.count == 1 ? String(decoding: $0.value, as: UTF8.self) : "new" }
    }

    /// The archive, once it is as it should be: nobody says when that is, so it is looked for until the
    /// test's time is over.
    private func read(
        _ store: any Store,
        _ owner: Owner,
        until isRight: ([LogEntry]) -> Bool
    ) async throws -> [LogEntry] {
        while true {
            let entries = try await store.query(LogQuery(limit: 100), in: Self.log, of: owner)
                .entries
            if isRight(entries) { return entries }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test(.timeLimit(.minutes(5))) func `keeps the newest of too many`() async throws {
        let left = try await messages(
            ofAges: [9, 8, 7, 6, 5],
            settings: #"{"keepMessages": 3}"#,
            leaving: 3
        )
        #expect(left == ["3", "4", "new"])
    }

    @Test(.timeLimit(.minutes(5))) func `removes what is too old`() async throws {
        let left = try await messages(
            ofAges: [400, 31, 29, 1],
            settings: #"{"keepDays": 30}"#,
            leaving: 3
        )
        #expect(left == ["2", "3", "new"])
    }

    @Test(.timeLimit(.minutes(5))) func `keeps everything where nothing else is said`() async throws
    {
        let left = try await messages(ofAges: [4_000, 1], settings: "{}", leaving: 3)
        #expect(left == ["0", "1", "new"])
    }
}
