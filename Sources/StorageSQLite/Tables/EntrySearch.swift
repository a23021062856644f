internal import MartletStorage

/// A query of a log on its way to SQL, made of fixed pieces; whatever a caller gave is bound.
///
/// The first column that must equal a text drives the search, by the index of texts, which is in the
/// order of the entries; without one the entries themselves do.
struct EntrySearch {
    private let log: Value
    private var driver: (name: Value, text: Value)?
    private var after: Int64 = 0
    private var before: Int64 = .max
    private var conditions = ""
    /// Whether a condition names what it wants one by one, so that it and not the cursor chooses the
    /// rows to look at.
    private var isSparse = false
    private var conditionValues: [Value] = []

    init(log: Int64) { self.log = .integer(log) }

    mutating func raise(to id: Int64) { after = max(after, id) }

    mutating func lower(to id: Int64) { before = min(before, id) }

    /// Whether the cursor lets an id pass.
    func isWithin(_ id: Int64) -> Bool { id > after && id < before }

    mutating func require(_ name: Int64, _ test: TextTest) {
        switch test {
        case .equal(let text) where driver == nil:
            driver = (.integer(name), .text(text))
        case .equal(let text):
            conditions += """
                 AND EXISTS (SELECT 1 FROM entry_text x
                WHERE x.log = k.log AND x.name = ? AND x.text = ? AND x.id = k.id)
                """
            conditionValues += [.integer(name), .text(text)]
        case .oneOf(let texts):
            isSparse = true
            let marks = Array(repeating: "?", count: texts.count).joined(separator: ", ")
            conditions += """
                 AND k.id IN (SELECT id FROM entry_text
                WHERE log = ? AND name = ? AND text IN (\(marks)))
                """
            conditionValues += [log, .integer(name)] + texts.map { .text($0) }
        case .less, .atMost, .greater, .atLeast, .prefix:
            let range = TextRange(test)
            conditions += """
                 AND k.id IN (SELECT id FROM entry_text
                WHERE log = ? AND name = ? AND text >= ? AND text < ?)
                """
            conditionValues += [log, .integer(name), range.from, range.below]
        }
    }

    mutating func require(ids: [Int64]) {
        isSparse = true
        let list = ids.map(String.init).joined(separator: ",")
        conditions += " AND k.id IN (SELECT value FROM json_each(?))"
        conditionValues.append(.text("[\(list)]"))
    }

    mutating func require(from: Timestamp?, through: Timestamp?) {
        conditions += " AND e.time >= ? AND e.time <= ?"
        conditionValues.append(.integer(from?.microseconds ?? .min))
        conditionValues.append(.integer(through?.microseconds ?? .max))
    }

    var values: [Value] {
        let start = driver.map { [log, $0.name, $0.text] } ?? [log]
        return start + [.integer(after), .integer(before)] + conditionValues
    }

    var countSQL: String { "SELECT count(*) " + source }

    func pageSQL(isBackwards: Bool) -> String {
        "SELECT e.id, e.time, e.columns, e.content " + source
            + " ORDER BY k.id\(isBackwards ? " DESC" : "") LIMIT ?"
    }

    /// The index that drives the search is `k`.
    private var source: String {
        let (index, texts) =
            driver == nil ? ("entry_place", "") : ("entry_text", " AND k.name = ? AND k.text = ?")
        let id = isSparse && driver == nil ? "+k.id" : "k.id"
        return """
            FROM \(index) k CROSS JOIN entry e ON e.row = k.row
            WHERE k.log = ?\(texts) AND \(id) > ? AND \(id) < ?
            """ + conditions
    }
}
