internal import MartletPostgreSQL
internal import MartletStorage

/// A query of a log on its way to SQL, made of fixed pieces; whatever a caller gave is a parameter.
///
/// The first column that must equal a text drives the search, by the index of texts, which is in the
/// order of the entries; without one the entries themselves do.
struct LogSearch {
    private var parameters: [Parameter]
    private let names: NameTable
    private let query: LogQuery
    private var driver = ""
    private var conditions = ""
    /// What the statement calls the table of entries: `k` where it drives the search itself.
    private let entry: String

    /// `place` is the numbers of domain and collection, with the owner's name between them.
    init(_ query: LogQuery, in place: [Parameter], _ names: NameTable) {
        self.query = query
        self.names = names
        parameters = place
        let isDriven = query.filters.contains { filter in
            guard case .column(_, .equal) = filter else { return false }
            return true
        }
        entry = isDriven ? "e" : "k"
        for filter in query.filters { require(filter) }
    }

    /// The page, with one entry more to see whether there are others, and the total if it is asked for.
    var queries: [Query] {
        var page = self
        if let after = query.after {
            page.conditions += " AND k.id > \(page.bind(.integer(after)))"
        }
        if let before = query.before {
            page.conditions += " AND k.id < \(page.bind(.integer(before)))"
        }
        let most = page.bind(.integer(min(query.limit, .max - 1) + 1))
        let order = query.isBackwards ? " DESC" : ""
        let text =
            Self.log + "SELECT k.id, \(entry).time, \(entry).columns, \(entry).value"
            + page.source + " ORDER BY k.id\(order) LIMIT \(most)"
        var queries = [Query(statement(text), page.parameters)]
        if query.wantsTotal { queries.append(count) }
        return queries
    }

    private var count: Query {
        if query.filters.isEmpty {
            return Query(statement(Self.log + "SELECT entries FROM l"), parameters)
        }
        return Query(statement(Self.log + "SELECT count(*)" + source), parameters)
    }

    /// Rare shapes are not kept by the connections, which would hold thousands.
    private func statement(_ text: String) -> Statement {
        query.filters.count > 3 ? .once(text) : Statement(text)
    }

    private static let log = """
        WITH l AS MATERIALIZED (SELECT l.id, l.entries FROM owner AS o JOIN log AS l
        ON l.owner = o.id WHERE o.domain = $1 AND o.name = $2 AND l.collection = $3)\u{20}
        """

    /// The table that drives the search is `k`; entries are looked up one by one where it is another.
    private var source: String {
        guard !driver.isEmpty else {
            return " FROM entry AS k WHERE k.log = (SELECT id FROM l)" + conditions
        }
        return """
             FROM entry_text AS k, LATERAL (SELECT * FROM entry
            WHERE log = k.log AND id = k.id LIMIT 1) AS e WHERE k.log = (SELECT id FROM l)
            """ + driver + conditions
    }
}

extension LogSearch {
    private mutating func bind(_ parameter: Parameter) -> String {
        parameters.append(parameter)
        return "$\(parameters.count)"
    }

    private mutating func require(_ filter: LogFilter) {
        switch filter {
        case .ids(let ids):
            conditions += " AND k.id = ANY (\(bind(.integers(ids)))::bigint[])"
        case .column(let column, let test): require(bind(.integer(names[column])), test)
        case .time(let from, let through): require(from: from, through: through)
        }
    }

    /// Ids that all entries of these times lie between, and the times themselves.
    private mutating func require(from: Timestamp?, through: Timestamp?) {
        if let from {
            let time = bind(.time(from.inRange))
            conditions += " AND k.id > (SELECT last_id_before(id, \(time)) FROM l)"
            conditions += " AND \(entry).time >= \(time)"
            if from.microseconds > Timestamp.storable.upperBound { conditions += " AND false" }
        }
        if let through {
            let time = bind(.time(through.inRange))
            conditions += " AND k.id < (SELECT first_id_after(id, \(time)) FROM l)"
            conditions += " AND \(entry).time <= \(time)"
            if through.microseconds < Timestamp.storable.lowerBound { conditions += " AND false" }
        }
    }

    private mutating func require(_ name: String, _ test: TextTest) {
        switch test {
        case .equal(let text) where driver.isEmpty:
            driver = " AND k.name = \(name) AND k.text = \(bind(.bytes(Array(text.utf8))))"
        case .equal(let text):
            conditions += """
                 AND EXISTS (SELECT FROM entry_text AS x WHERE x.log = (SELECT id FROM l)
                AND x.name = \(name) AND x.text = \(bind(.bytes(Array(text.utf8)))) AND x.id = k.id)
                """
        case .oneOf(let texts):
            let list = bind(.byteStrings(texts.map { Array($0.utf8) }))
            among(" AND x.name = \(name) AND x.text = ANY (\(list)::bytea[])")
        case .less, .atMost, .greater, .atLeast, .prefix:
            let range = TextRange(test)
            var condition = " AND x.name = \(name) AND x.text >= \(bind(.bytes(range.lower)))"
            if let upper = range.upper { condition += " AND x.text < \(bind(.bytes(upper)))" }
            among(condition)
        }
    }

    /// The ids are found once, before the entries are walked.
    private mutating func among(_ condition: String) {
        conditions += """
             AND k.id = ANY (ARRAY(SELECT x.id FROM entry_text AS x
            WHERE x.log = (SELECT id FROM l)\(condition)))
            """
    }
}

extension LogSearch {
    /// Reads the rows of the page, and the count behind them.
    static func page(_ query: LogQuery, _ rows: Rows, count: Rows) throws(StorageError) -> LogPage {
        var entries: [LogEntry] = []
        entries.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            entries.append(
                LogEntry(
                    id: try rows.number(row, 0),
                    time: try rows.moment(row, 1),
                    columns: try TextList.decodeTable(rows.bytes(row, 2) ?? []),
                    value: try rows.content(row, 3)
                )
            )
        }
        let isComplete = entries.count <= query.limit
        if !isComplete { entries.removeLast() }
        let total = count.count > 0 ? Int(try count.number(0, 0)) : 0
        return LogPage(
            entries: query.isBackwards ? entries.reversed() : entries,
            isComplete: isComplete,
            total: query.wantsTotal ? total : nil
        )
    }
}
