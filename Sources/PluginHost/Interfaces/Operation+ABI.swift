import CPlugin
import MartletCore
import MartletStorage

extension MartletStorage.Operation {
    /// No page is larger, whatever a plugin asks for.
    private static let pageLimit = 10_000

    /// What a plugin asks for; nil when it makes no sense.
    init?(_ asked: martlet_operation) {
        let collection = asked.collection.string
        let limit = min(Int(asked.limit), Self.pageLimit)
        switch Int(asked.what) {
        case MARTLET_GET: self = .get(key: asked.key.string, in: collection)
        case MARTLET_LIST:
            self = .list(
                in: collection,
                prefix: asked.key.string,
                after: asked.after_key.text,
                limit: limit
            )
        case MARTLET_PUT:
            guard let condition = VersionCondition(abi: asked.if_version) else { return nil }
            self = .put(
                key: asked.key.string,
                in: collection,
                value: [UInt8](asked.value.bytes),
                if: condition,
                expires: asked.expires_us == 0
                    ? nil : Timestamp(microseconds: asked.expires_us)
            )
        case MARTLET_DELETE:
            guard let condition = VersionCondition(abi: asked.if_version) else { return nil }
            self = .delete(key: asked.key.string, in: collection, if: condition)
        case MARTLET_COUNT: self = .countDocuments(in: collection)
        case MARTLET_APPEND: self = .append([NewLogEntry(asked)], to: collection)
        case MARTLET_QUERY:
            guard let filters = LogFilter.all(asked) else { return nil }
            let query = LogQuery(
                filters,
                after: asked.after == 0 ? nil : asked.after,
                before: asked.before == 0 ? nil : asked.before,
                limit: limit,
                isBackwards: asked.is_backwards != 0,
                wantsTotal: asked.wants_total != 0
            )
            self = .query(query, in: collection)
        case MARTLET_SIZE: self = .size(of: collection)
        case MARTLET_REMOVE: self = .removeEntries([asked.number], from: collection)
        case MARTLET_TRIM:
            let trim: LogTrim =
                asked.time_us == 0
                ? .toNewest(Int(clamping: asked.number))
                : .before(Timestamp(microseconds: asked.time_us))
            self = .trim(trim, in: collection)
        default: return nil
        }
    }
}

extension VersionCondition {
    fileprivate init?(abi version: Int64) {
        switch version {
        case Int64(MARTLET_ANY_VERSION): self = .any
        case Int64(MARTLET_MUST_NOT_EXIST): self = .absent
        case 1...: self = .exactly(version)
        default: return nil
        }
    }
}

extension NewLogEntry {
    fileprivate init(_ asked: martlet_operation) {
        let columns = UnsafeBufferPointer(
            start: asked.columns,
            count: asked.columns == nil ? 0 : asked.column_count
        )
        self.init(
            time: Timestamp(microseconds: asked.time_us),
            columns: Self.table(columns),
            value: asked.stanza.map { Stanza.at($0).declaredBytes } ?? [UInt8](asked.value.bytes)
        )
    }
}

extension NewLogEntry {
    /// Most have one column.
    private static func table(_ columns: UnsafeBufferPointer<martlet_pair>) -> [String: String] {
        guard columns.count != 1 else { return [columns[0].name.string: columns[0].value.string] }
        return Dictionary(
            columns.map { ($0.name.string, $0.value.string) },
            uniquingKeysWith: { $1 }
        )
    }
}

extension LogFilter {
    /// The filters of a query; those of which any may hold are joined.
    fileprivate static func all(_ asked: martlet_operation) -> [LogFilter]? {
        var filters: [LogFilter] = []
        var equal: [String: [String]] = [:]
        var ids: [Int64] = []
        var at = asked.filters.map { UnsafeRawPointer($0) }
        for _ in 0..<asked.filter_count {
            guard let start = at, let filter = martlet_filter(reading: start) else { return nil }
            at = start + Int(filter.size)
            let (column, value) = (filter.column.string, filter.value.string)
            switch Int(filter.test) {
            case MARTLET_EQUAL: equal[column, default: []].append(value)
            case MARTLET_LESS: filters.append(.column(column, .less(value)))
            case MARTLET_AT_MOST: filters.append(.column(column, .atMost(value)))
            case MARTLET_GREATER: filters.append(.column(column, .greater(value)))
            case MARTLET_AT_LEAST: filters.append(.column(column, .atLeast(value)))
            case MARTLET_PREFIX: filters.append(.column(column, .prefix(value)))
            case MARTLET_TIME_FROM:
                filters.append(.time(from: Timestamp(microseconds: filter.number)))
            case MARTLET_TIME_THROUGH:
                filters.append(.time(through: Timestamp(microseconds: filter.number)))
            case MARTLET_ID: ids.append(filter.number)
            default: return nil
            }
        }
        for (column, values) in equal.sorted(by: { $0.key < $1.key }) {
            filters.append(.column(column, values.count == 1 ? .equal(values[0]) : .oneOf(values)))
        }
        if !ids.isEmpty { filters.append(.ids(ids)) }
        return filters
    }
}
