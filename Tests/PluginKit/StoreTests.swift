import CPlugin
import Testing

@testable import MartletPluginKit

@Suite struct StoreTests {
    private struct Note: Codable, Equatable, Sendable {
        var text: String
    }

    private let fake = FakeStore()
    private let site: Site
    private let notes: Documents<Note>
    private let owner: Store.Owner

    init() throws {
        FakeCore.install()
        site = FakeSite(store: fake.table).site
        notes = Documents("notes", at: site)
        owner = .account(try #require(JID("romeo@montague.example/orchard")))
    }

    @Test func `puts documents as JSON, under conditions`() async throws {
        fake.answer([.init(version: 5)])
        let version = try await notes.put(
            Note(text: "a\"b"),
            under: "k",
            of: owner,
            if: .absent,
            expires: Timestamp(microseconds: 9)
        )
        #expect(version == 5)
        try await notes.put(Note(text: ""), under: "k", of: .domain, if: .exactly(5))
        let asked = fake.asked
        #expect(asked.map(\.what) == [MARTLET_PUT, MARTLET_PUT])
        #expect(asked.map(\.owner) == ["romeo@montague.example", ""])
        #expect(asked.map(\.version) == [Int64(MARTLET_MUST_NOT_EXIST), 5])
        #expect(asked[0].collection == "notes")
        #expect(asked[0].key == "k")
        #expect(asked[0].value == #"{"text":"a\"b"}"#)
        #expect(asked[0].numbers[1] == 9)
    }

    @Test func `gets documents back`() async throws {
        fake.answer([.init(key: "k", value: #"{"text":"x"}"#, version: 3)])
        let found = try await notes.get("k", of: .named("n"))
        #expect(found?.value == Note(text: "x"))
        #expect(found?.version == 3)
        #expect(fake.asked.first?.owner == "n")
        fake.answer([])
        #expect(try await notes.get("k", of: owner) == nil)
    }

    @Test func `lists and counts them`() async throws {
        let rows = ["a", "b"].map { FakeStore.Row(key: $0, value: #"{"text":"\#($0)"}"#) }
        fake.answer(rows + [.init(key: "c", value: "broken")], total: 3)
        let found = try await notes.list(of: owner, prefix: "p", after: "o", limit: 10)
        #expect(found.map(\.value.text) == ["a", "b"])
        #expect(try await notes.count(of: owner) == 3)
        #expect(try await notes.delete("k", of: owner))
        #expect(fake.asked.map(\.what) == [MARTLET_LIST, MARTLET_COUNT, MARTLET_DELETE])
        #expect(fake.asked[0].key == "p")
        #expect(fake.asked[0].numbers[5] == 10)
    }

    @Test(arguments: [
        (MARTLET_ECONFLICT, StoreError.conflict, StanzaError.conflict),
        (MARTLET_ENOENT, .notFound, .itemNotFound),
        (MARTLET_EFORBIDDEN, .forbidden, .internalServerError),
        (MARTLET_EIO, .failed, .internalServerError),
        (MARTLET_ESTOPPED, .stopped, .internalServerError),
    ])
    func `tells why it failed, at once or later`(
        status: Int,
        error: StoreError,
        told: StanzaError
    ) async {
        fake.answer(status: status)
        await #expect(throws: error) { try await notes.get("k", of: owner) }
        fake.refuse(status)
        await #expect(throws: error) { try await notes.get("k", of: owner) }
        #expect(error.stanzaError == told)
    }

    @Test func `fails where there is no store`() async {
        let notes = Documents<Note>("notes", at: FakeSite().site)
        await #expect(throws: StoreError.failed) { try await notes.get("k", of: .domain) }
    }

    @Test func `appends to a log and reads pages of it`() async throws {
        let entry = LogEntry(
            time: Timestamp(microseconds: 7),
            columns: ["with": "juliet@capulet.example", "id": "1"],
            value: Array("x".utf8)
        )
        let query = LogQuery(
            [.equal("with", "a"), .prefix("with", "b"), .from(entry.time), .id(4)],
            after: 1,
            before: 9,
            limit: 20,
            isBackwards: true,
            wantsTotal: true
        )
        fake.answer(
            [.init(value: "v", version: 4, time: 7, columns: ["with", "a", "id", "1"])],
            total: 12
        )
        let outcomes = try await site.store.perform(
            [.append(entry, to: "log"), .query(query, in: "log")],
            of: owner
        )
        #expect(outcomes.count == 2)
        #expect(outcomes.first?.version == 4)
        let page = try #require(outcomes.last?.page)
        #expect(page.total == 12)
        #expect(page.isComplete)
        #expect(page.entries.first?.columns == ["with": "a", "id": "1"])
        #expect(page.entries.first?.id == 4)
        let asked = fake.asked
        #expect(asked[0].columns == ["id=1", "with=juliet@capulet.example"])
        #expect(asked[0].value == "x")
        #expect(asked[0].numbers[0] == 7)
        #expect(
            asked[1].filters == [
                "\(MARTLET_EQUAL) with a 0", "\(MARTLET_PREFIX) with b 0",
                "\(MARTLET_TIME_FROM)   7", "\(MARTLET_ID)   4",
            ]
        )
        #expect(asked[1].numbers == [0, 0, 0, 1, 9, 20, 1, 1])
    }

    @Test func `removes and trims`() async throws {
        fake.answer(total: 2)
        let removed = try await site.store.perform(.removeEntry(4, from: "log"), of: owner)
        #expect(removed.count == 2)
        _ = try await site.store.perform(.trim(.toNewest(100), in: "log"), of: owner)
        let time = Timestamp(microseconds: 8)
        _ = try await site.store.perform(.trim(.before(time), in: "log"), of: owner)
        _ = try await site.store.perform(.size(of: "log"), of: owner)
        let asked = fake.asked
        #expect(asked.map(\.what) == [MARTLET_REMOVE, MARTLET_TRIM, MARTLET_TRIM, MARTLET_SIZE])
        #expect(asked.map { $0.numbers[2] } == [4, 100, 0, 0])
        #expect(asked.map { $0.numbers[0] } == [0, 0, 8, 0])
    }
}
