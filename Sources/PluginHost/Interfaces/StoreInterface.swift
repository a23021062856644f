import CPlugin
import MartletCore
import MartletStorage

/// `martlet.store/1`: the server's store, over the ABI.
enum StoreInterface {
    /// Made once, and never freed.
    ///
    /// Unchecked: written before anybody has it.
    nonisolated(unsafe) static let pointer: UnsafePointer<martlet_store> = {
        let table = UnsafeMutablePointer<martlet_store>.allocate(capacity: 1)
        table.initialize(to: martlet_store())
        table.pointee.size = UInt32(MemoryLayout<martlet_store>.size)
        table.pointee.perform = { _, handle, owner, operations, count, done, ud in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let done, let operations, count > 0 else { return CoreTable.invalid }
            return StoreCall(site, done, ud).start(owner, operations, count)
        }
        table.pointee.remove_all = { _, handle, owner, done, ud in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let done else { return CoreTable.invalid }
            return removeAll(of: owner, site, Done(done, ud))
        }
        table.pointee.perform_then = { _, event, operations, count, then, ud in
            guard let event, let site = CoreTable.running(event.pointee.site) else {
                return CoreTable.stopped
            }
            guard let then, let operations, count > 0 else { return CoreTable.invalid }
            return wait(event, at: site, operations, count, then, ud)
        }
        return UnsafePointer(table)
    }()

    /// Has a handler wait for operations of the account that its stanza is with.
    private static func wait(
        _ event: UnsafeMutablePointer<martlet_event>,
        at site: PluginSite,
        _ operations: UnsafePointer<martlet_operation>,
        _ count: Int,
        _ then: @escaping martlet_stored_fn,
        _ ud: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let place = event.pointee.place, let (router, account) = PlaceRecord.home(at: place)
        else { return CoreTable.elsewhere }
        guard let domain = site.address, account.hasLocalpart, account.hasSameDomain(as: domain)
        else { return Int32(MARTLET_EFORBIDDEN) }
        switch StoreCall.read(operations, count, at: site) {
        case .failure(let refusal): return refusal.status
        case .success(let asked):
            let call = StoredCall(site, value: event.pointee.value?.pointee, then, ud)
            guard HookEvent.at(event).pointee.wait(for: call) else { return CoreTable.invalid }
            let name = account.stableBytes.prefix(account.bareByteCount)
            let owner = Owner(domain: site.domain, name: String(decoding: name, as: UTF8.self))
            call.start(asked, of: owner, on: router)
            return CoreTable.ok
        }
    }

    private static func removeAll(of name: martlet_str, _ site: PluginSite, _ done: Done) -> Int32 {
        // An account's would be its roster too, and the documents of others.
        guard !name.isEmpty, name.address?.hasLocalpart != true else {
            return Int32(MARTLET_EFORBIDDEN)
        }
        guard let owner = Owner(name, at: site) else { return CoreTable.invalid }
        let store = site.host.services.router.store
        Task {
            do throws(StorageError) {
                try await store.removeAll(of: owner)
                done(CoreTable.ok)
            } catch {
                done(error.abiStatus)
            }
        }
        return CoreTable.ok
    }
}

extension Owner {
    /// Whose documents a plugin means: the domain's, an account's of it, or those under a name of the
    /// plugin's own; nil for what is somebody else's.
    init?(_ name: martlet_str, at site: PluginSite) {
        guard let domain = site.address else { return nil }
        guard !name.isEmpty else {
            self.init(domain: site.domain)
            return
        }
        if let address = name.address, address.hasLocalpart {
            guard address.hasSameDomain(as: domain), address.isBare else { return nil }
            self.init(address)
            return
        }
        self.init(domain: site.domain, name: "plugin/\(site.image.name)/\(name.string)")
    }
}

extension StorageError {
    var abiStatus: Int32 {
        switch self {
        case .conflict: Int32(MARTLET_ECONFLICT)
        case .notFound: Int32(MARTLET_ENOENT)
        default: Int32(MARTLET_EIO)
        }
    }
}

/// A `martlet_done` and what goes with it.
///
/// Unchecked: a function, and a pointer that only its plugin follows.
struct Done: @unchecked Sendable {
    private let function: martlet_done
    private let ud: UnsafeMutableRawPointer?

    init(_ function: @escaping martlet_done, _ ud: UnsafeMutableRawPointer?) {
        self.function = function
        self.ud = ud
    }

    func callAsFunction(_ status: Int32, _ pairs: [(String, String)] = [], body: String = "") {
        let kept = pairs.map { (KeptText($0.0), KeptText($0.1)) }
        let fields = kept.map { martlet_pair(name: $0.0.text, value: $0.1.text) }
        withExtendedLifetime(kept) {
            body.lend { body in
                fields.withUnsafeBufferPointer {
                    function(ud, status, $0.baseAddress, $0.count, body)
                }
            }
        }
    }
}
