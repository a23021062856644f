import CPlugin

/// The accounts of a domain.
public struct Accounts: Sendable {
    private let site: Site

    init(_ site: Site) { self.site = site }

    public enum Fault: Error, Hashable, Sendable {
        case notFound, exists, badPassword
        /// Too many failed attempts; later.
        case tooMany
        /// It is no account of this domain.
        case forbidden
        case failed

        init(_ status: Int32) {
            switch Int(status) {
            case MARTLET_ENOENT: self = .notFound
            case MARTLET_ECONFLICT: self = .exists
            case MARTLET_EINVAL: self = .badPassword
            case MARTLET_EBUSY: self = .tooMany
            case MARTLET_EFORBIDDEN: self = .forbidden
            default: self = .failed
            }
        }
    }

    public func exists(_ account: JID) async throws(Fault) -> Bool {
        let status = await call { table, done, ud in
            account.bare.description.lend { table.exists?(table.ctx, site.handle, $0, done, ud) }
        }.status
        if status == Int32(MARTLET_ENOENT) { return false }
        guard status == 0 else { throw Fault(status) }
        return true
    }

    /// Costs the same for accounts that are not there; `peer` is the address that asks, for the
    /// throttle of failed attempts.
    public func checkPassword(
        _ password: String,
        of account: JID,
        from peer: String
    ) async throws(Fault) -> Bool {
        let status = await call { table, done, ud in
            [account.bare.description, password, peer].lendAll {
                table.check_password?(table.ctx, site.handle, $0[0], $0[1], $0[2], done, ud)
            }
        }.status
        if status == Int32(MARTLET_EFORBIDDEN) { return false }
        guard status == 0 else { throw Fault(status) }
        return true
    }

    public func create(_ account: JID, password: String) async throws(Fault) {
        try await must { table, done, ud in
            [account.bare.description, password].lendAll {
                table.create?(table.ctx, site.handle, $0[0], $0[1], done, ud)
            }
        }
    }

    /// Other streams of the account end; `session` may stay.
    public func setPassword(
        _ password: String,
        of account: JID,
        keeping session: SessionID? = nil
    ) async throws(Fault) {
        try await must { table, done, ud in
            [account.bare.description, password].lendAll {
                table.set_password?(
                    table.ctx,
                    site.handle,
                    $0[0],
                    $0[1],
                    session?.serial ?? 0,
                    done,
                    ud
                )
            }
        }
    }

    /// Removes the account, all it has in the store, and its streams: that of the session `last`, who
    /// asked for it perhaps, a moment later, so that it can be told.
    public func remove(_ account: JID, last session: SessionID? = nil) async throws(Fault) {
        try await must { table, done, ud in
            account.bare.description.lend {
                table.remove?(table.ctx, site.handle, $0, session?.serial ?? 0, done, ud)
            }
        }
    }

    /// The account's contacts, and each item as in a roster result.
    public func roster(of account: JID) async throws(Fault) -> [RosterItem] {
        let answer = await call { table, done, ud in
            account.bare.description.lend { table.roster?(table.ctx, site.handle, $0, done, ud) }
        }
        guard answer.status == 0 else { throw Fault(answer.status) }
        return answer.fields.map {
            RosterItem(jid: JID(prepared: $0.name), xml: XML(trusting: $0.value))
        }
    }
}

/// One contact of a user (RFC 6121 §2.1.2).
public struct RosterItem: Sendable {
    public let jid: JID
    /// As it stands in a roster result.
    public let xml: XML

    /// The item as a stanza's payload, which the host knows to take apart.
    public var node: Node? { Stanza(.message, type: .normal, to: nil, xml)?.payload }

    public var name: String? { node?["name"] }
    /// `none`, `to`, `from` or `both`.
    public var subscription: String { node?["subscription"] ?? "none" }

    /// Whether the contact sees the user's presence.
    public var hasFrom: Bool { ["from", "both"].contains(subscription) }
    /// Whether the user sees the contact's presence.
    public var hasTo: Bool { ["to", "both"].contains(subscription) }
}

extension Site {
    public var accounts: Accounts { Accounts(self) }
}

extension Accounts {
    private typealias Asking =
        (martlet_accounts, martlet_done, UnsafeMutableRawPointer) -> Int32?

    private func must(_ ask: Asking) async throws(Fault) {
        let status = await call(ask).status
        guard status == 0 else { throw Fault(status) }
    }

    private func call(_ ask: Asking) async -> DoneAnswer {
        let found = "martlet.accounts/1".lend { Core.functions.pointee.query?(site.handle, $0) }
        guard let table = found?.assumingMemoryBound(to: martlet_accounts.self) else {
            return DoneAnswer(status: Int32(MARTLET_EUNSUPPORTED), fields: [], body: "")
        }
        return await waitForDone { ask(table.pointee, $0, $1) }
    }
}

/// What a `martlet_done` was told.
struct DoneAnswer: Sendable {
    let status: Int32
    let fields: [(name: String, value: String)]
    let body: String
}

/// Makes a call that answers by a `martlet_done`, and waits for that.
func waitForDone(
    _ call: (@escaping martlet_done, UnsafeMutableRawPointer) -> Int32?
) async -> DoneAnswer {
    await withCheckedContinuation { continuation in
        let kept = Unmanaged.passRetained(DoneWait(continuation))
        let status = call(
            { ud, status, fields, count, body in
                guard let ud else { return }
                let pairs = UnsafeBufferPointer(start: fields, count: fields == nil ? 0 : count)
                    .map { (name: $0.name.string, value: $0.value.string) }
                Unmanaged<DoneWait>.fromOpaque(ud).takeRetainedValue().continuation.resume(
                    returning: DoneAnswer(status: status, fields: pairs, body: body.string)
                )
            },
            kept.toOpaque()
        )
        guard status != 0 else { return }
        kept.release()
        continuation.resume(
            returning: DoneAnswer(
                status: status ?? Int32(MARTLET_EUNSUPPORTED),
                fields: [],
                body: ""
            )
        )
    }
}

private final class DoneWait: Sendable {
    let continuation: CheckedContinuation<DoneAnswer, Never>

    init(_ continuation: CheckedContinuation<DoneAnswer, Never>) {
        self.continuation = continuation
    }
}
