import MartletCore
import MartletStorage
import Testing

private let owner = Owner(romeo)

/// A query of ten entries, and what it has to find.
struct QueryCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var query: LogQuery
    var ids: [Int64]
    var isComplete = true
    var total: Int?
}

@Suite struct `Queries of a log` {
    /// Ids 10, 20 … 100; the time is the id; columns: `with` a or b by turns, `n` the id in letters,
    /// `odd` only in the first half.
    private func fill(_ store: any Store, isOrdered: Bool) async throws {
        let entries = (1...10).map { (index: Int64) in
            var columns = ["with": index.isMultiple(of: 2) ? "b" : "a"]
            columns["n"] = String(UnicodeScalar(UInt8(96 + index)))
            if index <= 5 { columns["half"] = "first" }
            return NewLogEntry(id: index * 10, time: at(index * 10), columns: columns, value: [1])
        }
        if !isOrdered {
            // An entry from the past and one from the future, both gone again, leave their mark.
            let odd = [
                NewLogEntry(id: 1, time: at(999), value: []),
                NewLogEntry(id: 2, time: at(-5), value: []),
            ]
            try await store.append(odd, to: "l", of: owner)
            try await store.removeEntries([1, 2], from: "l", of: owner)
        }
        try await store.append(entries, to: "l", of: owner)
    }

    @Test(arguments: Driver.all, cases)
    func `find what matches, a page of it`(driver: Driver, queryCase: QueryCase) async throws {
        try await driver.withStore { store async throws in
            for (collection, isOrdered) in [("l", true), ("l", false)] {
                try await store.removeAll(of: owner)
                try await fill(store, isOrdered: isOrdered)
                let page = try await store.query(queryCase.query, in: collection, of: owner)
                #expect(page.entries.map(\.id) == queryCase.ids)
                #expect(page.isComplete == queryCase.isComplete)
                #expect(page.total == queryCase.total)
            }
        }
    }

    @Test(arguments: Driver.all)
    func `of a log that was never written to find nothing`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for query in [
                LogQuery(limit: 9), LogQuery([.column("never", .equal("x"))], limit: 9),
            ] {
                #expect(try await store.query(query, in: "never", of: owner) == LogPage())
            }
            let page = try await store.query(
                LogQuery(limit: 0, wantsTotal: true),
                in: "never",
                of: owner
            )
            #expect(page == LogPage(total: 0))
        }
    }

    @Test(arguments: Driver.all, [1, 2, 3, 4, 7, 10, 11])
    func `walk the whole log both ways`(driver: Driver, limit: Int) async throws {
        try await driver.withStore { store async throws in
            try await fill(store, isOrdered: true)
            let all = (1...10).map { Int64($0 * 10) }
            var forwards: [Int64] = []
            var page = LogPage(isComplete: false)
            while !page.isComplete {
                let query = LogQuery(after: page.last, limit: limit)
                page = try await store.query(query, in: "l", of: owner)
                forwards += page.entries.map(\.id)
            }
            #expect(forwards == all)
            var backwards: [Int64] = []
            page = LogPage(isComplete: false)
            while !page.isComplete {
                let query = LogQuery(before: page.first, limit: limit, isBackwards: true)
                page = try await store.query(query, in: "l", of: owner)
                backwards = page.entries.map(\.id) + backwards
            }
            #expect(backwards == all)
        }
    }

    @Test(arguments: Driver.all)
    func `find times that went back`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            let entries = [30, 10, 20, 40].enumerated().map { index, time in
                NewLogEntry(id: Int64(index + 1), time: at(Int64(time)), value: [])
            }
            // In two steps, as the second finds the first time in the store.
            try await store.append([entries[0]], to: "l", of: owner)
            try await store.append(Array(entries[1...]), to: "l", of: owner)
            for (from, through, ids) in [
                (nil, 20, [2, 3]), (20, nil, [1, 3, 4]), (25, 35, [1]), (10, 10, [2]),
            ] as [(Int64?, Int64?, [Int64])] {
                let filter = LogFilter.time(from: from.map(at), through: through.map(at))
                let query = LogQuery([filter], limit: 9, wantsTotal: true)
                let page = try await store.query(query, in: "l", of: owner)
                #expect(page.entries.map(\.id) == ids && page.total == ids.count)
            }
            try await store.trim(.before(at(25)), in: "l", of: owner)
            let page = try await store.query(LogQuery(limit: 9), in: "l", of: owner)
            #expect(page.entries.map(\.id) == [1, 4])
        }
    }

    @Test(arguments: Driver.all)
    func `go on where a removed entry was`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            try await fill(store, isOrdered: true)
            try await store.removeEntries([50], from: "l", of: owner)
            let page = try await store.query(LogQuery(after: 50, limit: 2), in: "l", of: owner)
            #expect(page.entries.map(\.id) == [60, 70])
        }
    }

    @Test(arguments: Driver.all)
    func `tell awkward texts apart`(driver: Driver) async throws {
        try await driver.withStore { store async throws in
            for (index, text) in awkwardTexts.enumerated() {
                let columns = ["with": text, text: "x"]
                let id = Int64(index + 1)
                let entry = NewLogEntry(id: id, time: at(1), columns: columns, value: [])
                try await store.append([entry], to: "l", of: owner)
            }
            for (index, text) in awkwardTexts.enumerated() {
                let id = Int64(index + 1)
                for filter in [
                    LogFilter.column("with", .equal(text)), .column(text, .equal("x")),
                    .column("with", .oneOf([text])),
                ] {
                    let page = try await store.query(
                        LogQuery([filter], limit: 99),
                        in: "l",
                        of: owner
                    )
                    #expect(page.entries.map(\.id) == [id], "\(filter)")
                    #expect(page.entries.first?.columns == ["with": text, text: "x"])
                }
            }
        }
    }
}

private func column(_ name: String, _ test: TextTest) -> LogFilter { .column(name, test) }

private let cases: [QueryCase] = [
    QueryCase(
        testDescription: "all",
        query: LogQuery(limit: 99, wantsTotal: true),
        ids: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
        total: 10
    ),
    QueryCase(
        testDescription: "first page",
        query: LogQuery(limit: 3),
        ids: [10, 20, 30],
        isComplete: false
    ),
    QueryCase(
        testDescription: "last page",
        query: LogQuery(limit: 3, isBackwards: true),
        ids: [80, 90, 100],
        isComplete: false
    ),
    QueryCase(
        testDescription: "exactly as many",
        query: LogQuery(after: 70, limit: 3),
        ids: [80, 90, 100]
    ),
    QueryCase(
        testDescription: "exactly as many, backwards",
        query: LogQuery(before: 40, limit: 3, isBackwards: true),
        ids: [10, 20, 30]
    ),
    QueryCase(testDescription: "after the last", query: LogQuery(after: 100, limit: 3), ids: []),
    QueryCase(
        testDescription: "after all numbers",
        query: LogQuery(after: .max, limit: 3),
        ids: []
    ),
    QueryCase(
        testDescription: "before the first",
        query: LogQuery(before: 10, limit: 3, isBackwards: true),
        ids: []
    ),
    QueryCase(testDescription: "before zero", query: LogQuery(before: .min, limit: 3), ids: []),
    QueryCase(
        testDescription: "between",
        query: LogQuery(after: 20, before: 50, limit: 9),
        ids: [30, 40]
    ),
    QueryCase(
        testDescription: "between, from the end",
        query: LogQuery(after: 20, before: 60, limit: 2, isBackwards: true),
        ids: [40, 50],
        isComplete: false
    ),
    QueryCase(
        testDescription: "after an id that never was",
        query: LogQuery(after: 95, limit: 9),
        ids: [100]
    ),
    QueryCase(
        testDescription: "only the count",
        query: LogQuery(limit: 0, wantsTotal: true),
        ids: [],
        isComplete: false,
        total: 10
    ),
    QueryCase(
        testDescription: "one column",
        query: LogQuery([column("with", .equal("b"))], after: 20, limit: 2, wantsTotal: true),
        ids: [40, 60],
        isComplete: false,
        total: 5
    ),
    QueryCase(
        testDescription: "one column, from the end",
        query: LogQuery(
            [column("with", .equal("b"))],
            limit: 2,
            isBackwards: true,
            wantsTotal: true
        ),
        ids: [80, 100],
        isComplete: false,
        total: 5
    ),
    QueryCase(
        testDescription: "two columns",
        query: LogQuery(
            [column("with", .equal("b")), column("half", .equal("first"))],
            limit: 9,
            wantsTotal: true
        ),
        ids: [20, 40],
        total: 2
    ),
    QueryCase(
        testDescription: "a text that none has",
        query: LogQuery([column("with", .equal("c"))], limit: 9, wantsTotal: true),
        ids: [],
        total: 0
    ),
    QueryCase(
        testDescription: "a column that none has",
        query: LogQuery([column("never", .prefix(""))], limit: 9, wantsTotal: true),
        ids: [],
        total: 0
    ),
    QueryCase(
        testDescription: "has the column",
        query: LogQuery([column("half", .prefix(""))], limit: 9),
        ids: [10, 20, 30, 40, 50]
    ),
    QueryCase(
        testDescription: "less",
        query: LogQuery([column("n", .less("c"))], limit: 9),
        ids: [10, 20]
    ),
    QueryCase(
        testDescription: "at most",
        query: LogQuery([column("n", .atMost("c"))], limit: 9),
        ids: [10, 20, 30]
    ),
    QueryCase(
        testDescription: "greater",
        query: LogQuery([column("n", .greater("h"))], limit: 9),
        ids: [90, 100]
    ),
    QueryCase(
        testDescription: "at least",
        query: LogQuery([column("n", .atLeast("h"))], limit: 9),
        ids: [80, 90, 100]
    ),
    QueryCase(
        testDescription: "prefix",
        query: LogQuery([column("half", .prefix("fi"))], limit: 1),
        ids: [10],
        isComplete: false
    ),
    QueryCase(
        testDescription: "one of",
        query: LogQuery([column("n", .oneOf(["j", "a", "zz"]))], limit: 9),
        ids: [10, 100]
    ),
    QueryCase(
        testDescription: "one of none",
        query: LogQuery([column("n", .oneOf([]))], limit: 9),
        ids: []
    ),
    QueryCase(
        testDescription: "ids",
        query: LogQuery([.ids([100, 30, 31, 30])], limit: 9, wantsTotal: true),
        ids: [30, 100],
        total: 2
    ),
    QueryCase(testDescription: "no ids", query: LogQuery([.ids([])], limit: 9), ids: []),
    QueryCase(
        testDescription: "from a time",
        query: LogQuery([.time(from: at(75))], limit: 2, wantsTotal: true),
        ids: [80, 90],
        isComplete: false,
        total: 3
    ),
    QueryCase(
        testDescription: "through a time",
        query: LogQuery([.time(through: at(30))], limit: 2, isBackwards: true, wantsTotal: true),
        ids: [20, 30],
        isComplete: false,
        total: 3
    ),
    QueryCase(
        testDescription: "within times",
        query: LogQuery([.time(from: at(30), through: at(50))], limit: 9),
        ids: [30, 40, 50]
    ),
    QueryCase(
        testDescription: "within times that are upside down",
        query: LogQuery([.time(from: at(50), through: at(30))], limit: 9, wantsTotal: true),
        ids: [],
        total: 0
    ),
    QueryCase(
        testDescription: "from the end of time",
        query: LogQuery([.time(from: at(.max))], limit: 9),
        ids: []
    ),
    QueryCase(
        testDescription: "before all time",
        query: LogQuery([.time(through: at(.min))], limit: 9),
        ids: []
    ),
    QueryCase(
        testDescription: "any time",
        query: LogQuery([.time()], after: 80, limit: 9),
        ids: [90, 100]
    ),
    QueryCase(
        testDescription: "everything at once",
        query: LogQuery(
            [
                column("with", .equal("a")), column("n", .less("h")),
                .time(from: at(20), through: at(90)),
                .ids([10, 30, 50, 60, 70]),
            ],
            after: 30,
            limit: 9,
            wantsTotal: true
        ),
        ids: [50, 70],
        total: 3
    ),
]
