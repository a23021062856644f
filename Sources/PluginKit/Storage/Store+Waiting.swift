import CPlugin

extension Store {
    /// Decides at the home of the account that an event happened to, with the event anew and the id that an
    /// entry was given.
    public typealias Decision =
        @Sendable (borrowing Event, Result<Int64, StoreError>) throws(StanzaError) -> Verdict

    /// Appends a stanza, as it is written, to a log of the account that an event happens to, and has the
    /// handler wait for that; `decide` tells the verdict.
    ///
    /// It costs a fraction of ``perform(_:of:then:)``: nothing is copied on the way to the store, and no
    /// token, task or visit on the way back. Nothing is appended where it cannot be: the handler that
    /// waits takes over.
    public func append(
        _ stanza: Stanza,
        to log: String,
        at time: Timestamp,
        columns: KeyValuePairs<String, String> = [:],
        for event: borrowing Event,
        then decide: @escaping Decision
    ) -> Beginning {
        guard let table, let perform = table.pointee.perform_then else { return .waiting }
        let kept = Unmanaged.passRetained(StoredWait(decide))
        let raw = event.raw
        let status = columns.lend(behind: log, "") { log, _, pairs in
            var operation = martlet_operation()
            operation.size = UInt32(MemoryLayout<martlet_operation>.size)
            operation.what = UInt32(MARTLET_APPEND)
            operation.collection = log
            operation.time_us = time.microseconds
            operation.stanza = stanza.handle
            operation.columns = pairs.baseAddress
            operation.column_count = pairs.count
            return perform(table.pointee.ctx, raw, &operation, 1, stored, kept.toOpaque())
        }
        guard status == 0 else {
            kept.release()
            return .waiting
        }
        return .storing
    }
}

/// Tells who waits for an entry what its id is.
private let stored: martlet_stored_fn = { ud, event, status, rows, count in
    guard let ud, let event else { return Int32(MARTLET_ERROR) }
    let wait = Unmanaged<StoredWait>.fromOpaque(ud).takeRetainedValue()
    let result: Result<Int64, StoreError> =
        if status != 0 {
            .failure(StoreError(status))
        } else if count == 1, let rows, rows.pointee.row_count == 1, let row = rows.pointee.rows {
            .success(row.pointee.version)
        } else {
            .failure(.failed)
        }
    do throws(StanzaError) {
        return try wait.decide(Event(event), result).tell(event)
    } catch {
        return error.tell(event)
    }
}

/// Whom to tell that an entry is there.
private final class StoredWait: Sendable {
    let decide: Store.Decision

    init(_ decide: @escaping Store.Decision) { self.decide = decide }
}
