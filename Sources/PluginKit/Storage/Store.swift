import CPlugin

/// The server's store: documents and logs of the collections that the plugin declared.
///
/// Who uses it for each stanza keeps it: to find it costs a call.
///
/// Unchecked: a table of functions that the server keeps as it is.
public struct Store: @unchecked Sendable {
    private let site: Site
    let table: UnsafePointer<martlet_store>?

    init(_ site: Site) {
        self.site = site
        let found = "martlet.store/1".lend { Core.functions.pointee.query?(site.handle, $0) }
        table = found?.assumingMemoryBound(to: martlet_store.self)
    }

    /// Whose documents and logs.
    public enum Owner: Hashable, Sendable {
        case domain
        /// An account of the domain; what it owns goes when it is removed.
        case account(JID)
        /// A name of the plugin's own.
        case named(String)

        var text: String {
            switch self {
            case .domain: ""
            case .account(let jid): jid.bare.description
            case .named(let name): name
            }
        }
    }

    /// Does all operations or none, in their order; reads among them see one moment.
    ///
    /// - Returns: an outcome for each.
    public func perform(
        _ operations: [Operation],
        of owner: Owner
    ) async throws(StoreError) -> [Outcome] {
        let result = await withCheckedContinuation { continuation in
            start(operations, owner, StoreWait { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    /// The same for who does not wait: `done` is told what came of it, on any thread, which it must not
    /// hold up.
    public func perform(
        _ operations: [Operation],
        of owner: Owner,
        then done: @escaping @Sendable (Result<[Outcome], StoreError>) -> Void
    ) {
        start(operations, owner, StoreWait(done))
    }

    public func perform(_ operation: Operation, of owner: Owner) async throws(StoreError) -> Outcome
    {
        let outcomes = try await perform([operation], of: owner)
        guard let outcome = outcomes.first else { throw .failed }
        return outcome
    }

    private func start(_ operations: [Operation], _ owner: Owner, _ wait: StoreWait) {
        guard let table else { return wait.end(.failure(.failed)) }
        let kept = Unmanaged.passRetained(wait)
        let memory = OperationMemory(operations)
        let status = owner.text.lend { owner in
            memory.raw.withUnsafeBufferPointer { raw in
                table.pointee.perform?(
                    table.pointee.ctx,
                    site.handle,
                    owner,
                    raw.baseAddress,
                    raw.count,
                    { ud, status, rows, count in
                        guard let ud else { return }
                        let wait = Unmanaged<StoreWait>.fromOpaque(ud).takeRetainedValue()
                        guard status == 0 else {
                            return wait.end(.failure(StoreError(status)))
                        }
                        wait.end(
                            .success(
                                UnsafeBufferPointer(start: rows, count: count).map(Outcome.init)
                            )
                        )
                    },
                    kept.toOpaque()
                )
            }
        }
        withExtendedLifetime(memory) {}
        guard let status, status == 0 else {
            kept.release()
            return wait.end(.failure(StoreError(status ?? Int32(MARTLET_EUNSUPPORTED))))
        }
    }
}

extension Site {
    public var store: Store { Store(self) }
}

/// Why the store did not do what it was asked.
public enum StoreError: Error, Hashable, Sendable {
    /// Something stands where nothing should, or has another version than expected.
    case conflict
    case notFound
    /// The collection was not declared, or the owner is somebody else's.
    case forbidden
    /// The store is away, full or damaged; later may be better.
    case failed
    /// The plugin is being stopped.
    case stopped

    init(_ status: Int32) {
        switch Int(status) {
        case MARTLET_ECONFLICT: self = .conflict
        case MARTLET_ENOENT: self = .notFound
        case MARTLET_EFORBIDDEN: self = .forbidden
        case MARTLET_ESTOPPED: self = .stopped
        default: self = .failed
        }
    }

    /// What a sender is told of it.
    public var stanzaError: StanzaError {
        switch self {
        case .conflict: .conflict
        case .notFound: .itemNotFound
        default: .internalServerError
        }
    }
}

/// Whom to tell what the store did.
private final class StoreWait: Sendable {
    let end: @Sendable (Result<[Outcome], StoreError>) -> Void

    init(_ end: @escaping @Sendable (Result<[Outcome], StoreError>) -> Void) { self.end = end }
}
