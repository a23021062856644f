import CPlugin

/// Operations in the ABI's shape, with the memory that they point at.
final class OperationMemory {
    private(set) var raw: [martlet_operation] = []
    private var texts: [UnsafeMutableBufferPointer<UInt8>] = []
    private var columns: [UnsafeMutableBufferPointer<martlet_pair>] = []
    private var filters: [UnsafeMutableBufferPointer<martlet_filter>] = []

    init(_ operations: [Operation]) {
        raw = operations.map { translate($0) }
    }

    deinit {
        for text in texts { text.deallocate() }
        for column in columns { column.deallocate() }
        for filter in filters { filter.deallocate() }
    }

    private func keep(_ text: String) -> martlet_str { keep(Array(text.utf8)) }

    private func keep(_ bytes: [UInt8]) -> martlet_str {
        guard !bytes.isEmpty else { return .none }
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        texts.append(copy)
        return martlet_str(UnsafeBufferPointer(copy))
    }

    private func operation(_ what: Int, _ collection: String) -> martlet_operation {
        var operation = martlet_operation()
        operation.size = UInt32(MemoryLayout<martlet_operation>.size)
        operation.what = UInt32(what)
        operation.collection = keep(collection)
        return operation
    }

    private func translate(_ asked: Operation) -> martlet_operation {
        switch asked {
        case .get(let key, let collection):
            var raw = operation(MARTLET_GET, collection)
            raw.key = keep(key)
            return raw
        case .list(let collection, let prefix, let after, let limit):
            var raw = operation(MARTLET_LIST, collection)
            raw.key = keep(prefix)
            raw.after_key = keep(after ?? "")
            raw.limit = UInt32(clamping: limit)
            return raw
        case .countDocuments(let collection): return operation(MARTLET_COUNT, collection)
        case .put(let key, let collection, let value, let condition, let expires):
            var raw = operation(MARTLET_PUT, collection)
            raw.key = keep(key)
            raw.value = keep(value)
            raw.if_version = condition.number
            raw.expires_us = expires?.microseconds ?? 0
            return raw
        case .delete(let key, let collection, let condition):
            var raw = operation(MARTLET_DELETE, collection)
            raw.key = keep(key)
            raw.if_version = condition.number
            return raw
        case .append(let entry, let collection): return append(entry, to: collection)
        case .query(let query, let collection): return translate(query, in: collection)
        case .size(let collection): return operation(MARTLET_SIZE, collection)
        case .removeEntry(let id, let collection):
            var raw = operation(MARTLET_REMOVE, collection)
            raw.number = id
            return raw
        case .trim(let trim, let collection):
            var raw = operation(MARTLET_TRIM, collection)
            switch trim {
            case .before(let time): raw.time_us = time.microseconds
            case .toNewest(let count): raw.number = Int64(count)
            }
            return raw
        }
    }

    private func append(_ entry: LogEntry, to collection: String) -> martlet_operation {
        var raw = operation(MARTLET_APPEND, collection)
        raw.value = keep(entry.value)
        raw.time_us = entry.time.microseconds
        let pairs = entry.columns.map { martlet_pair(name: keep($0.key), value: keep($0.value)) }
        let kept = UnsafeMutableBufferPointer<martlet_pair>.allocate(capacity: pairs.count)
        _ = kept.initialize(from: pairs)
        columns.append(kept)
        raw.columns = UnsafePointer(kept.baseAddress)
        raw.column_count = pairs.count
        return raw
    }

    private func translate(_ query: LogQuery, in collection: String) -> martlet_operation {
        var raw = operation(MARTLET_QUERY, collection)
        let translated = query.filters.map { translate($0) }
        let kept = UnsafeMutableBufferPointer<martlet_filter>.allocate(capacity: translated.count)
        _ = kept.initialize(from: translated)
        filters.append(kept)
        raw.filters = UnsafePointer(kept.baseAddress)
        raw.filter_count = translated.count
        raw.after = query.after ?? 0
        raw.before = query.before ?? 0
        raw.limit = UInt32(clamping: query.limit)
        raw.is_backwards = query.isBackwards ? 1 : 0
        raw.wants_total = query.wantsTotal ? 1 : 0
        return raw
    }

    private func translate(_ filter: LogQuery.Filter) -> martlet_filter {
        switch filter {
        case .equal(let column, let value): test(MARTLET_EQUAL, column, value)
        case .less(let column, let value): test(MARTLET_LESS, column, value)
        case .atMost(let column, let value): test(MARTLET_AT_MOST, column, value)
        case .greater(let column, let value): test(MARTLET_GREATER, column, value)
        case .atLeast(let column, let value): test(MARTLET_AT_LEAST, column, value)
        case .prefix(let column, let value): test(MARTLET_PREFIX, column, value)
        case .from(let time): test(MARTLET_TIME_FROM, number: time.microseconds)
        case .through(let time): test(MARTLET_TIME_THROUGH, number: time.microseconds)
        case .id(let id): test(MARTLET_ID, number: id)
        }
    }

    private func test(
        _ test: Int,
        _ column: String = "",
        _ value: String = "",
        number: Int64 = 0
    ) -> martlet_filter {
        var raw = martlet_filter()
        raw.size = UInt32(MemoryLayout<martlet_filter>.size)
        raw.test = UInt32(test)
        raw.column = keep(column)
        raw.value = keep(value)
        raw.number = number
        return raw
    }
}

extension VersionCondition {
    fileprivate var number: Int64 {
        switch self {
        case .any: Int64(MARTLET_ANY_VERSION)
        case .absent: Int64(MARTLET_MUST_NOT_EXIST)
        case .exactly(let version): version
        }
    }
}

extension Outcome {
    init(_ raw: martlet_rows) {
        let rows = UnsafeBufferPointer(start: raw.rows, count: raw.row_count)
        documents = rows.map {
            Document(key: $0.key.string, value: [UInt8]($0.value.bytes), version: $0.version)
        }
        page = LogPage(
            entries: rows.map(LogEntry.init),
            isComplete: raw.is_complete != 0,
            total: raw.total < 0 ? nil : Int(raw.total)
        )
        version = rows.first?.version
        count = Int(max(raw.total, 0))
        bytes = Int(raw.bytes)
    }
}

extension LogEntry {
    fileprivate init(_ row: martlet_row) {
        let pairs = UnsafeBufferPointer(start: row.columns, count: row.column_count)
        self.init(
            time: Timestamp(microseconds: row.time_us),
            columns: Dictionary(
                pairs.map { ($0.name.string, $0.value.string) },
                uniquingKeysWith: { $1 }
            ),
            value: [UInt8](row.value.bytes)
        )
        id = row.version
    }
}
