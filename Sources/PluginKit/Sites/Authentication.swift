import CPlugin

/// What a plugin knows of an account: by it, the server checks who logs in.
public enum Credentials: Sendable {
    case password(String)
    /// SCRAM verifiers by their mechanisms (`SCRAM-SHA-256`), as RFC 5803 writes them.
    case verifiers([String: String])
}

extension Site {
    /// Offers `martlet.auth/1`.
    ///
    /// From now on this plugin, in place of the server's own accounts, says who may log in at the domain.
    /// To be called in `init`; `martlet.auth/1` stands among `provides`.
    ///
    /// `lookup` is given the bare address of an account, and answers nil where there is none; what it
    /// throws is logged, and the client may try again later.
    ///
    /// - Returns: false when another plugin offers it at the domain already.
    public func provideAuthentication(
        _ lookup: @escaping @Sendable (JID) async throws -> Credentials?
    ) -> Bool {
        let table = UnsafeMutablePointer<martlet_auth>.allocate(capacity: 1)
        table.initialize(to: martlet_auth())
        table.pointee.size = UInt32(MemoryLayout<martlet_auth>.size)
        // Both stay: a question may be under way when the plugin is stopped.
        table.pointee.ctx = Unmanaged.passRetained(AccountLookup(lookup)).toOpaque()
        table.pointee.lookup = { ctx, site, account, done, ud in
            guard let ctx, let site, let done, let account = JID(prepared: account) else {
                return Int32(MARTLET_EINVAL)
            }
            let lookup = Unmanaged<AccountLookup>.fromOpaque(ctx).takeUnretainedValue()
            lookup.start(account, at: Site(site), LookupCall(done: done, ud: ud))
            return Int32(MARTLET_OK)
        }
        let status = "martlet.auth/1".lend { Core.functions.pointee.provide?(handle, $0, table) }
        return status == Int32(MARTLET_OK)
    }
}

private final class AccountLookup: Sendable {
    private let body: @Sendable (JID) async throws -> Credentials?

    init(_ body: @escaping @Sendable (JID) async throws -> Credentials?) { self.body = body }

    /// The server waits for the end, and has a deadline.
    func start(_ account: JID, at site: Site, _ call: LookupCall) {
        Task { [body] in
            do {
                call.end(try await body(account))
            } catch {
                site.log(.error, "who may log in is not known: \(error)")
                call.end(Int32(MARTLET_EIO), [])
            }
        }
    }
}

/// Whom to tell what is known.
///
/// Unchecked: a function, and a pointer that the host follows.
private struct LookupCall: @unchecked Sendable {
    let done: martlet_done
    let ud: UnsafeMutableRawPointer?

    func end(_ found: Credentials?) {
        switch found {
        case nil: end(Int32(MARTLET_ENOENT), [])
        case .password(let password): end(Int32(MARTLET_OK), [("password", password)])
        case .verifiers(let verifiers):
            end(Int32(MARTLET_OK), verifiers.map { ($0.key, $0.value) })
        }
    }

    func end(_ status: Int32, _ fields: [(String, String)]) {
        fields.flatMap { [$0.0, $0.1] }.lendAll { texts in
            let pairs = stride(from: 0, to: texts.count, by: 2)
                .map { martlet_pair(name: texts[$0], value: texts[$0 + 1]) }
            pairs.withUnsafeBufferPointer { done(ud, status, $0.baseAddress, $0.count, .none) }
        }
    }
}
