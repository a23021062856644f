import CPlugin

/// What a table of functions leads to; the plugin itself may be gone.
final class KeeperBox: Sendable {
    let site: Site
    private weak let weakKeeper: (any BlocklistKeeper)?

    init(_ keeper: any BlocklistKeeper, at site: Site) {
        self.site = site
        weakKeeper = keeper
    }

    static func at(_ ctx: UnsafeMutableRawPointer?) -> KeeperBox? {
        ctx.map { Unmanaged<KeeperBox>.fromOpaque($0).takeUnretainedValue() }
    }

    var keeper: (any BlocklistKeeper)? { weakKeeper }

    /// Answers what was asked, in a task that whoever asked waits for.
    func start(
        _ done: martlet_done?,
        _ ud: UnsafeMutableRawPointer?,
        _ work:
            @escaping @Sendable (any BlocklistKeeper) async throws(StanzaError) -> (
                Int32, [String]
            )
    ) -> Int32 {
        guard let done else { return Int32(MARTLET_EINVAL) }
        guard let keeper else { return Int32(MARTLET_ESTOPPED) }
        let asked = DoneCall(done: done, ud: ud)
        Task {
            do throws(StanzaError) {
                let (status, names) = try await work(keeper)
                asked.end(status, names)
            } catch {
                let isTooMuch = error.condition == .resourceConstraint
                asked.end(Int32(isTooMuch ? MARTLET_EBUSY : MARTLET_EIO), [])
            }
        }
        return Int32(MARTLET_OK)
    }
}

final class JudgeBox: Sendable {
    let site: Site
    private weak let weakJudge: (any BlocklistJudge)?

    init(_ judge: any BlocklistJudge, at site: Site) {
        self.site = site
        weakJudge = judge
    }

    var judge: (any BlocklistJudge)? { weakJudge }
}

/// Whom to tell what came of it.
///
/// Unchecked: a function, and a pointer that who asked follows.
private struct DoneCall: @unchecked Sendable {
    let done: martlet_done
    let ud: UnsafeMutableRawPointer?

    func end(_ status: Int32, _ names: [String]) {
        names.lendAll { texts in
            let pairs = texts.map { martlet_pair(name: $0, value: .none) }
            pairs.withUnsafeBufferPointer { done(ud, status, $0.baseAddress, $0.count, .none) }
        }
    }
}

extension martlet_blocklist {
    static func made(for box: KeeperBox, limit: Int) -> martlet_blocklist {
        var table = martlet_blocklist()
        table.size = UInt32(MemoryLayout<martlet_blocklist>.size)
        table.ctx = Unmanaged.passRetained(box).toOpaque()
        table.limit = UInt32(clamping: limit)
        table.list = { ctx, account, done, ud in
            guard let box = KeeperBox.at(ctx), let account = JID(prepared: account) else {
                return Int32(MARTLET_EINVAL)
            }
            return box.start(done, ud) { (keeper) async throws(StanzaError) in
                (Int32(MARTLET_OK), try await keeper.blocklist(of: account))
            }
        }
        table.replace = { ctx, account, addresses, count, done, ud in
            guard let box = KeeperBox.at(ctx), let account = JID(prepared: account) else {
                return Int32(MARTLET_EINVAL)
            }
            let new = UnsafeBufferPointer(start: addresses, count: addresses == nil ? 0 : count)
                .compactMap { JID(prepared: $0) }
            return box.start(done, ud) { (keeper) async throws(StanzaError) in
                try await keeper.replaceBlocklist(of: account, with: new)
                return (Int32(MARTLET_OK), [])
            }
        }
        table.blocks = { ctx, account, address, done, ud in
            guard let box = KeeperBox.at(ctx), let account = JID(prepared: account),
                let address = JID(prepared: address)
            else { return Int32(MARTLET_EINVAL) }
            return box.start(done, ud) { (keeper) async throws(StanzaError) in
                (try await keeper.blocks(address, for: account) ? 1 : Int32(MARTLET_OK), [])
            }
        }
        table.blocks_here = { ctx, place, address in
            guard let box = KeeperBox.at(ctx), let place, let address = JID(prepared: address)
            else { return Int32(MARTLET_EINVAL) }
            guard let isBlocked = box.keeper?.blocks(address, at: Place(place, of: box.site)) else {
                return Int32(MARTLET_ENOENT)
            }
            return isBlocked ? 1 : Int32(MARTLET_OK)
        }
        return table
    }
}

extension martlet_blocklist_judge {
    static func made(for box: JudgeBox) -> martlet_blocklist_judge {
        var table = martlet_blocklist_judge()
        table.size = UInt32(MemoryLayout<martlet_blocklist_judge>.size)
        table.ctx = Unmanaged.passRetained(box).toOpaque()
        table.change = { ctx, place, addresses, count, apply, ud in
            guard let ctx, let apply else { return }
            let box = Unmanaged<JudgeBox>.fromOpaque(ctx).takeUnretainedValue()
            guard let judge = box.judge, let place else { return apply(ud) }
            let changed = UnsafeBufferPointer(start: addresses, count: addresses == nil ? 0 : count)
                .compactMap { JID(prepared: $0) }
            judge.blocklistChanges(changed, at: Place(place, of: box.site)) { apply(ud) }
        }
        return table
    }
}
