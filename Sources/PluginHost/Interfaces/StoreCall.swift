import CPlugin
import MartletCore
import MartletStorage

/// One call of the store on a plugin's behalf: what was asked for, then what came of it.
///
/// Unchecked: a function, and a pointer that only its plugin follows.
struct StoreCall: @unchecked Sendable {
    private let site: PluginSite
    private let done: martlet_store_done
    private let ud: UnsafeMutableRawPointer?

    init(
        _ site: PluginSite,
        _ done: @escaping martlet_store_done,
        _ ud: UnsafeMutableRawPointer?
    ) {
        self.site = site
        self.done = done
        self.ud = ud
    }

    func start(
        _ name: martlet_str,
        _ operations: UnsafePointer<martlet_operation>,
        _ count: Int
    ) -> Int32 {
        guard let owner = Owner(name, at: site) else { return CoreTable.invalid }
        switch Self.read(operations, count, at: site) {
        case .failure(let refusal): return refusal.status
        case .success(let asked):
            site.host.services.router.store.perform(asked, of: owner) { result in
                Self.tell(result) { done(ud, $0, $1.baseAddress, $1.count) }
            }
            return CoreTable.ok
        }
    }

    /// Why nothing is asked of the store.
    struct Refusal: Error { let status: Int32 }

    /// Reads what a plugin wants done.
    static func read(
        _ operations: UnsafePointer<martlet_operation>,
        _ count: Int,
        at site: PluginSite
    ) -> Result<[MartletStorage.Operation], Refusal> {
        var asked: [MartletStorage.Operation] = []
        var at = UnsafeRawPointer(operations)
        for _ in 0..<count {
            guard let operation = martlet_operation(reading: at) else {
                return .failure(Refusal(status: CoreTable.invalid))
            }
            guard isOwn(operation.collection.string, at: site) else {
                site.host.complain(
                    site,
                    "it uses the collection \"\(operation.collection.string)\", which it did not declare"
                )
                return .failure(Refusal(status: Int32(MARTLET_EFORBIDDEN)))
            }
            guard let read = MartletStorage.Operation(operation) else {
                return .failure(Refusal(status: CoreTable.invalid))
            }
            asked.append(read)
            at += Int(operation.size)
        }
        return .success(asked)
    }

    private static func isOwn(_ collection: String, at site: PluginSite) -> Bool {
        site.owns(collection: collection)
            || site.whole?.owns(collection: collection) == true
            || site.host.isShared(collection, in: site.domain)
    }

    /// Lends the status and the rows that stand for a result, in memory for the time of the call.
    static func tell<R>(
        _ result: Result<[Outcome], StorageError>,
        _ body: (Int32, UnsafeBufferPointer<martlet_rows>) -> R
    ) -> R {
        switch result {
        case .failure(let error):
            return body(error.abiStatus, UnsafeBufferPointer(start: nil, count: 0))
        case .success(let outcomes):
            if outcomes.count == 1, let version = outcomes[0].onlyVersion {
                return tell(of: version) { body(CoreTable.ok, $0) }
            }
            var memory = RowMemory()
            let results = outcomes.map { memory.rows(of: $0) }
            return withExtendedLifetime(memory) {
                results.withUnsafeBufferPointer { body(CoreTable.ok, $0) }
            }
        }
    }

    /// The same for a number alone, which is all that most are told; nothing is made for it.
    private static func tell<R>(
        of version: Int64,
        _ body: (UnsafeBufferPointer<martlet_rows>) -> R
    ) -> R {
        var row = RowMemory.row(version: version)
        return withUnsafePointer(to: &row) { row in
            var rows = RowMemory.rows(row, count: 1)
            return withUnsafePointer(to: &rows) { body(UnsafeBufferPointer(start: $0, count: 1)) }
        }
    }
}

extension Outcome {
    /// The one number that it is, if it is no more.
    fileprivate var onlyVersion: Int64? {
        switch self {
        case .version(let version): version
        case .ids(let ids): ids.count == 1 ? ids[0] : nil
        default: nil
        }
    }
}

extension PluginHost {
    /// Whether some plugin of the domain lets others use a collection.
    func isShared(_ name: String, in domain: String) -> Bool {
        sites(in: domain).contains { site in
            (site.contributions + (whole(of: site.image)?.contributions ?? [])).contains {
                guard case .collection(name, isShared: true) = $0.what else { return false }
                return true
            }
        }
    }
}

/// What C is pointed at: texts, columns and rows of outcomes.
private struct RowMemory {
    private var texts: [KeptText] = []
    private var columns: [KeptArray<martlet_pair>] = []
    private var rows: [KeptArray<martlet_row>] = []

    private mutating func keep(_ text: String) -> martlet_str {
        let kept = KeptText(text)
        texts.append(kept)
        return kept.text
    }

    private mutating func keep(_ bytes: [UInt8]) -> martlet_str {
        let kept = KeptText(bytes)
        texts.append(kept)
        return kept.text
    }

    private mutating func row(_ document: Document) -> martlet_row {
        var row = martlet_row()
        row.size = UInt32(MemoryLayout<martlet_row>.size)
        row.key = keep(document.key)
        row.value = keep(document.value)
        row.version = document.version
        return row
    }

    private mutating func row(_ entry: LogEntry) -> martlet_row {
        var row = martlet_row()
        row.size = UInt32(MemoryLayout<martlet_row>.size)
        row.value = keep(entry.value)
        row.version = entry.id
        row.time_us = entry.time.microseconds
        var pairs: [martlet_pair] = []
        for (name, value) in entry.columns.sorted(by: { $0.key < $1.key }) {
            pairs.append(martlet_pair(name: keep(name), value: keep(value)))
        }
        let kept = KeptArray(pairs)
        columns.append(kept)
        row.columns = kept.start
        row.column_count = pairs.count
        return row
    }

    static func row(version: Int64) -> martlet_row {
        var row = martlet_row()
        row.size = UInt32(MemoryLayout<martlet_row>.size)
        row.version = version
        return row
    }

    static func rows(_ rows: UnsafePointer<martlet_row>?, count: Int) -> martlet_rows {
        var result = martlet_rows()
        result.size = UInt32(MemoryLayout<martlet_rows>.size)
        result.total = -1
        result.is_complete = 1
        result.rows = rows
        result.row_count = count
        return result
    }

    mutating func rows(of outcome: Outcome) -> martlet_rows {
        var result = Self.rows(nil, count: 0)
        var made: [martlet_row] = []
        switch outcome {
        case .document(let document): if let document { made = [row(document)] }
        case .documents(let documents): for document in documents { made.append(row(document)) }
        case .version(let version): made = [Self.row(version: version)]
        case .count(let count): result.total = Int64(count)
        case .ids(let ids): made = ids.map(Self.row(version:))
        case .page(let page):
            for entry in page.entries { made.append(row(entry)) }
            result.is_complete = page.isComplete ? 1 : 0
            result.total = page.total.map(Int64.init) ?? -1
        case .size(let size):
            result.total = Int64(size.count)
            result.bytes = Int64(size.bytes)
        }
        let kept = KeptArray(made)
        rows.append(kept)
        result.rows = kept.start
        result.row_count = made.count
        return result
    }
}

/// An array that C can point at.
private final class KeptArray<Item> {
    private let memory: UnsafeMutableBufferPointer<Item>

    init(_ items: [Item]) {
        memory = .allocate(capacity: items.count)
        _ = memory.initialize(from: items)
    }

    deinit { memory.deallocate() }

    var start: UnsafePointer<Item>? { UnsafePointer(memory.baseAddress) }
}
