import CPlugin

/// A plugin that keeps whom users block: `blocklist/1`, for others that work by the same lists.
public protocol BlocklistKeeper: AnyObject, Sendable {
    /// How many addresses a list may have.
    var limit: Int { get }

    /// Prepared, in the order in which they are shown.
    func blocklist(of account: JID) async throws(StanzaError) -> [String]

    /// From now on these and no others.
    func replaceBlocklist(of account: JID, with addresses: [JID]) async throws(StanzaError)

    func blocks(_ address: JID, for account: JID) async throws(StanzaError) -> Bool

    /// The same at the account's home, without waiting; nil when the list is not in memory.
    func blocks(_ address: JID, at place: borrowing Place) -> Bool?
}

/// A plugin that judges by the lists in their keeper's place: `blocklist-judge/1`.
public protocol BlocklistJudge: AnyObject, Sendable {
    /// The account's list is about to be another one by these addresses, which happens in `apply`, to be
    /// called once.
    func blocklistChanges(
        _ addresses: [JID],
        at place: borrowing Place,
        _ apply: () -> Void
    )
}

extension Site {
    /// Offers `blocklist/1`, as long as there is the keeper.
    ///
    /// - Returns: false when another plugin offers it at the domain already.
    public func provideBlocklist(by keeper: any BlocklistKeeper) -> Bool {
        let table = UnsafeMutablePointer<martlet_blocklist>.allocate(capacity: 1)
        // It stays: a question may be under way when the plugin is stopped.
        table.initialize(to: .made(for: KeeperBox(keeper, at: self), limit: keeper.limit))
        return provide("blocklist/1", table)
    }

    /// Offers `blocklist-judge/1`, as long as there is the judge.
    ///
    /// - Returns: false when another plugin offers it at the domain already.
    public func provideBlocklistJudge(_ judge: any BlocklistJudge) -> Bool {
        let table = UnsafeMutablePointer<martlet_blocklist_judge>.allocate(capacity: 1)
        table.initialize(to: .made(for: JudgeBox(judge, at: self)))
        return provide("blocklist-judge/1", table)
    }

    /// Whom users block, if a plugin of the domain keeps it.
    public var blocklist: Blocklist? {
        guard let table = query("blocklist/1", martlet_blocklist.self) else { return nil }
        return Blocklist(table: table.pointee)
    }

    /// Whether a plugin judges by the lists in their keeper's place.
    public var hasBlocklistJudge: Bool {
        query("blocklist-judge/1", martlet_blocklist_judge.self) != nil
    }

    private func provide(_ name: String, _ table: UnsafeRawPointer) -> Bool {
        name.lend { Core.functions.pointee.provide?(handle, $0, table) } == Int32(MARTLET_OK)
    }

    fileprivate func query<T>(_ name: String, _ type: T.Type) -> UnsafePointer<T>? {
        name.lend { Core.functions.pointee.query?(handle, $0) }?.assumingMemoryBound(to: T.self)
    }
}

extension Place {
    /// Changes a list, and has who judges by it do what follows of that.
    ///
    /// - Returns: false where nobody else judges; then nothing was done.
    public func changeBlocklist(_ addresses: [JID], _ apply: () -> Void) -> Bool {
        guard
            let judge = site.query("blocklist-judge/1", martlet_blocklist_judge.self),
            let change = judge.pointee.change
        else { return false }
        return withoutActuallyEscaping(apply) { apply in
            let call = ApplyCall(apply)
            return withExtendedLifetime(call) {
                addresses.map(\.description).lendAll {
                    change(
                        judge.pointee.ctx,
                        raw,
                        $0.baseAddress,
                        $0.count,
                        { ud in
                            guard let ud else { return }
                            Unmanaged<ApplyCall>.fromOpaque(ud).takeUnretainedValue().body()
                        },
                        Unmanaged.passUnretained(call).toOpaque()
                    )
                }
                return true
            }
        }
    }
}

/// What a judge calls within its own call.
private final class ApplyCall {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
}

/// Whom users block, as another plugin keeps it.
///
/// Unchecked: functions of that plugin, which takes calls from any thread.
public struct Blocklist: @unchecked Sendable {
    fileprivate let table: martlet_blocklist

    /// How many addresses a list may have.
    public var limit: Int { Int(table.limit) }

    /// Prepared, in the order in which they are shown.
    public func addresses(of account: JID) async throws(StanzaError) -> [JID] {
        let answer = await waitForDone { done, ud in
            account.bare.description.lend { table.list?(table.ctx, $0, done, ud) }
        }
        guard answer.status == Int32(MARTLET_OK) else { throw .internalServerError }
        return answer.fields.map { JID(prepared: $0.name) }
    }

    /// From now on these and no others.
    public func replace(of account: JID, with addresses: [JID]) async throws(StanzaError) {
        let answer = await waitForDone { done, ud in
            ([account.bare] + addresses).map(\.description).lendAll {
                let rest = UnsafeBufferPointer(rebasing: $0.dropFirst())
                return table.replace?(table.ctx, $0[0], rest.baseAddress, rest.count, done, ud)
            }
        }
        guard answer.status != Int32(MARTLET_EBUSY) else {
            throw StanzaError(.resourceConstraint, .wait, "too many addresses are blocked")
        }
        guard answer.status == Int32(MARTLET_OK) else { throw .internalServerError }
    }

    public func blocks(_ address: JID, for account: JID) async throws(StanzaError) -> Bool {
        let answer = await waitForDone { done, ud in
            [account.bare.description, address.description].lendAll {
                table.blocks?(table.ctx, $0[0], $0[1], done, ud)
            }
        }
        guard answer.status >= 0 else { throw .internalServerError }
        return answer.status == 1
    }

    /// The same at the account's home, without waiting; nil when the list is not in memory.
    public func blocks(_ address: JID, at place: borrowing Place) -> Bool? {
        let status = address.description.lend { table.blocks_here?(table.ctx, place.raw, $0) }
        guard let status, status >= 0 else { return nil }
        return status == 1
    }
}
