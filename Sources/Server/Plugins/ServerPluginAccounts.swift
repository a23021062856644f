import MartletCore
import MartletNet
import MartletPluginHost
import MartletRouter
import MartletStorage

/// What plugins may do with the server's accounts.
struct ServerPluginAccounts: PluginAccounts {
    let accounts: Accounts
    let throttle: SharedThrottle
    /// Ends the streams of an account, but for one session's.
    let endStreams: @Sendable (JID, StreamError, _ except: UInt64) async -> Void
    let announce: @Sendable (AccountEvent, JID) -> Void

    func exists(_ account: JID) async throws -> Bool {
        try await accounts.store.account(account) != nil
    }

    func checkPassword(
        _ password: String,
        of account: JID,
        from peer: String
    ) async throws -> Bool {
        let address = SocketAddress(peer, port: 0) ?? .loopback(port: 0)
        switch throttle.judge(account, from: address) {
        case .refuse: throw PluginAccountFault.tooMany
        case .allow(let delay): if delay > .zero { try await Task.sleep(for: delay) }
        }
        let isRight = try await accounts.verify(password, of: account)
        if isRight {
            throttle.succeeded(account, from: address)
        } else {
            throttle.failed(account, from: address)
        }
        return isRight
    }

    func create(_ account: JID, password: String) async throws {
        try await translated { try await accounts.add(account, password: password) }
        announce(.created, account)
    }

    func setPassword(
        _ password: String,
        of account: JID,
        keeping session: UInt64
    ) async throws {
        try await translated { try await accounts.setPassword(password, of: account) }
        await endStreams(
            account,
            StreamError(.reset, "the password was changed"),
            session
        )
    }

    func remove(_ account: JID, lastSession: UInt64) async throws {
        try await translated { try await accounts.store.removeAccount(account) }
        announce(.removed, account)
        let farewell = StreamError(.notAuthorized, "the account was removed")
        await endStreams(account, farewell, lastSession)
        guard lastSession != 0 else { return }
        Task {
            try await Task.sleep(for: .seconds(1))
            await endStreams(account, farewell, 0)
        }
    }

    private func translated(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch StorageError.conflict {
            throw PluginAccountFault.exists
        } catch StorageError.notFound {
            throw PluginAccountFault.notFound
        } catch is AccountFault {
            throw PluginAccountFault.badPassword
        }
    }
}
