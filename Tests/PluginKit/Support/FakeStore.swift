import CPlugin
import Synchronization

@testable import MartletPluginKit

/// A store that remembers what it was asked, and answers what the test says.
final class FakeStore: Sendable {
    /// One operation, as a line: the number of what it is, and all that was said of it.
    struct Asked: Hashable, Sendable {
        var what = 0
        var owner = ""
        var collection = ""
        var key = ""
        var value = ""
        var columns: [String] = []
        var filters: [String] = []
        var version: Int64 = 0
        var numbers: [Int64] = []
    }

    struct Row: Sendable {
        var key = ""
        var value = ""
        var version: Int64 = 0
        var time: Int64 = 0
        var columns: [String] = []
    }

    private struct State: Sendable {
        var asked: [Asked] = []
        var rows: [Row] = []
        var total: Int64 = -1
        var status = Int32(MARTLET_OK)
        var refusal = Int32(MARTLET_OK)
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    var asked: [Asked] { state.withLock { $0.asked } }

    /// Has each operation answered with these rows.
    func answer(_ rows: [Row] = [], total: Int64 = -1, status: Int = MARTLET_OK) {
        state.withLock { state in
            (state.rows, state.total, state.status) = (rows, total, Int32(status))
        }
    }

    /// Has the call itself refused, with no answer to come.
    func refuse(_ status: Int) { state.withLock { $0.refusal = Int32(status) } }

    /// As plugins are given it; lives as long as the process.
    var table: UnsafePointer<martlet_store> {
        let table = UnsafeMutablePointer<martlet_store>.allocate(capacity: 1)
        table.initialize(to: martlet_store())
        table.pointee.size = UInt32(MemoryLayout<martlet_store>.size)
        table.pointee.ctx = Unmanaged.passRetained(self).toOpaque()
        table.pointee.perform = { ctx, _, owner, operations, count, done, ud in
            guard let ctx, let done else { return Int32(MARTLET_EINVAL) }
            let store = Unmanaged<FakeStore>.fromOpaque(ctx).takeUnretainedValue()
            let asked = UnsafeBufferPointer(start: operations, count: count)
                .map { Asked($0, of: owner.string) }
            return store.perform(asked, done, ud)
        }
        table.pointee.perform_then = { ctx, _, operations, count, then, ud in
            guard let ctx, let then else { return Int32(MARTLET_EINVAL) }
            let asked = UnsafeBufferPointer(start: operations, count: count)
                .map { Asked($0, of: "here") }
            return Unmanaged<FakeStore>.fromOpaque(ctx).takeUnretainedValue()
                .wait(asked, Waiter(then: then, ud: ud))
        }
        return UnsafePointer(table)
    }

    /// A handler that waits.
    ///
    /// Unchecked: a function, and a pointer that only the kit follows.
    private struct Waiter: @unchecked Sendable {
        let then: martlet_stored_fn
        let ud: UnsafeMutableRawPointer?
    }

    private func wait(_ asked: [Asked], _ waiter: Waiter) -> Int32 {
        state.withLock { state in
            state.asked += asked
            if state.refusal == Int32(MARTLET_OK) { state.waiters.append(waiter) }
            return state.refusal
        }
    }

    /// Has the handler that waits longest decide, told of a row with this number, or of none.
    func tellWaiter(
        _ number: Int64?,
        status: Int = MARTLET_OK,
        _ event: UnsafeMutablePointer<martlet_event>
    ) -> Int32 {
        guard let waiter = state.withLock({ $0.waiters.isEmpty ? nil : $0.waiters.removeFirst() })
        else { return -1 }
        var row = martlet_row()
        row.size = UInt32(MemoryLayout<martlet_row>.size)
        row.version = number ?? 0
        return withUnsafePointer(to: row) { row in
            var rows = martlet_rows()
            rows.size = UInt32(MemoryLayout<martlet_rows>.size)
            rows.rows = row
            rows.row_count = number == nil ? 0 : 1
            return waiter.then(waiter.ud, event, Int32(status), &rows, 1)
        }
    }

    private func perform(
        _ asked: [Asked],
        _ done: martlet_store_done,
        _ ud: UnsafeMutableRawPointer?
    ) -> Int32 {
        let now = state.withLock { state in
            state.asked += asked
            return state
        }
        guard now.refusal == Int32(MARTLET_OK) else { return now.refusal }
        guard now.status == Int32(MARTLET_OK) else {
            done(ud, now.status, nil, 0)
            return Int32(MARTLET_OK)
        }
        let texts = now.rows.flatMap { [$0.key, $0.value] + $0.columns }
        texts.lendAll { texts in
            var rest = texts[...]
            let columns = now.rows.map { row -> [martlet_pair] in
                let own = rest.dropFirst(2).prefix(row.columns.count)
                rest = rest.dropFirst(2 + row.columns.count)
                return stride(from: own.startIndex, to: own.endIndex - 1, by: 2)
                    .map { martlet_pair(name: own[$0], value: own[$0 + 1]) }
            }
            columns.flatMap(\.self).withUnsafeBufferPointer { pairs in
                var place = 0
                var text = 0
                let rows = zip(now.rows, columns).map { row, columns -> martlet_row in
                    var raw = martlet_row()
                    raw.size = UInt32(MemoryLayout<martlet_row>.size)
                    (raw.key, raw.value) = (texts[text], texts[text + 1])
                    (raw.version, raw.time_us) = (row.version, row.time)
                    raw.columns = pairs.baseAddress.map { $0 + place }
                    raw.column_count = columns.count
                    place += columns.count
                    text += 2 + row.columns.count
                    return raw
                }
                rows.withUnsafeBufferPointer { rows in
                    var answer = martlet_rows()
                    answer.size = UInt32(MemoryLayout<martlet_rows>.size)
                    answer.is_complete = 1
                    answer.rows = rows.baseAddress
                    answer.row_count = rows.count
                    answer.total = now.total
                    let answers = asked.map { _ in answer }
                    done(ud, now.status, answers, answers.count)
                }
            }
        }
        return Int32(MARTLET_OK)
    }
}

extension FakeStore.Asked {
    fileprivate init(_ raw: martlet_operation, of owner: String) {
        what = Int(raw.what)
        self.owner = owner
        collection = raw.collection.string
        key = raw.key.string
        value = raw.stanza.map { Stanza(retaining: $0).xml.text } ?? raw.value.string
        columns = UnsafeBufferPointer(start: raw.columns, count: raw.column_count)
            .map { "\($0.name.string)=\($0.value.string)" }.sorted()
        filters = UnsafeBufferPointer(start: raw.filters, count: raw.filter_count)
            .map { "\($0.test) \($0.column.string) \($0.value.string) \($0.number)" }
        version = raw.if_version
        numbers = [
            raw.time_us, raw.expires_us, raw.number, raw.after, raw.before, Int64(raw.limit),
            Int64(raw.is_backwards), Int64(raw.wants_total),
        ]
    }
}
