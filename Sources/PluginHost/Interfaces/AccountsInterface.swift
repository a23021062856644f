import CPlugin
import MartletCore
import MartletStorage
import MartletXML

/// `martlet.accounts/1`: the accounts of a domain, over the ABI.
enum AccountsInterface {
    /// Made once, and never freed.
    ///
    /// Unchecked: written before anybody has it.
    nonisolated(unsafe) static let pointer: UnsafePointer<martlet_accounts> = {
        let table = UnsafeMutablePointer<martlet_accounts>.allocate(capacity: 1)
        table.initialize(to: martlet_accounts())
        table.pointee.size = UInt32(MemoryLayout<martlet_accounts>.size)
        table.pointee.exists = { _, handle, account, done, ud in
            call(handle, account, done, ud) { accounts, account in
                try await accounts.exists(account) ? CoreTable.ok : Int32(MARTLET_ENOENT)
            }
        }
        table.pointee.check_password = { _, handle, account, password, peer, done, ud in
            let (password, peer) = (password.string, peer.string)
            return call(handle, account, done, ud) { accounts, account in
                let isRight = try await accounts.checkPassword(password, of: account, from: peer)
                return isRight ? CoreTable.ok : Int32(MARTLET_EFORBIDDEN)
            }
        }
        table.pointee.create = { _, handle, account, password, done, ud in
            let password = password.string
            return call(handle, account, done, ud) { accounts, account in
                try await accounts.create(account, password: password)
                return CoreTable.ok
            }
        }
        table.pointee.set_password = { _, handle, account, password, keep, done, ud in
            let password = password.string
            return call(handle, account, done, ud) { accounts, account in
                try await accounts.setPassword(password, of: account, keeping: keep)
                return CoreTable.ok
            }
        }
        table.pointee.remove = { _, handle, account, last, done, ud in
            call(handle, account, done, ud) { accounts, account in
                try await accounts.remove(account, lastSession: last)
                return CoreTable.ok
            }
        }
        table.pointee.roster = { _, handle, account, done, ud in
            guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
            guard let done else { return CoreTable.invalid }
            guard let account = site.ownAccount(account) else {
                return Int32(MARTLET_EFORBIDDEN)
            }
            return roster(of: account, site, Done(done, ud))
        }
        return UnsafePointer(table)
    }()

    private static func call(
        _ handle: OpaquePointer?,
        _ account: martlet_str,
        _ done: martlet_done?,
        _ ud: UnsafeMutableRawPointer?,
        _ work: @escaping @Sendable (any PluginAccounts, JID) async throws -> Int32
    ) -> Int32 {
        guard let site = CoreTable.running(handle) else { return CoreTable.stopped }
        guard let done else { return CoreTable.invalid }
        guard let account = site.ownAccount(account) else { return Int32(MARTLET_EFORBIDDEN) }
        let (accounts, finished) = (site.host.services.accounts, Done(done, ud))
        Task {
            do {
                finished(try await work(accounts, account))
            } catch {
                finished(status(of: error))
            }
        }
        return CoreTable.ok
    }

    private static func status(of error: any Error) -> Int32 {
        switch error {
        case PluginAccountFault.notFound: Int32(MARTLET_ENOENT)
        case PluginAccountFault.exists: Int32(MARTLET_ECONFLICT)
        case PluginAccountFault.badPassword: Int32(MARTLET_EINVAL)
        case PluginAccountFault.tooMany: Int32(MARTLET_EBUSY)
        case let error as StorageError: error.abiStatus
        default: Int32(MARTLET_EIO)
        }
    }

    private static func roster(of account: JID, _ site: PluginSite, _ done: Done) -> Int32 {
        let store = site.host.services.router.store
        Task {
            do throws(StorageError) {
                let roster = try await store.roster(of: account)
                done(
                    CoreTable.ok,
                    roster.items.map { ($0.jid.description, $0.text) }
                )
            } catch {
                done(error.abiStatus)
            }
        }
        return CoreTable.ok
    }
}

extension PluginSite {
    /// An account of this plugin's own domain; nil for any other address.
    fileprivate func ownAccount(_ text: martlet_str) -> JID? {
        guard let account = text.address, account.isBare, account.hasLocalpart,
            let address, account.hasSameDomain(as: address)
        else { return nil }
        return account
    }
}

extension RosterItem {
    /// As it stands in a roster result.
    fileprivate var text: String {
        let query = Element("query", in: Namespace.roster) { write(to: &$0) }
        return query.firstChild?.description ?? ""
    }
}
