import MartletCore
import MartletRouter
import MartletStorage

/// Fulfils administrators' requests, in the server's process or in a program beside it.
struct AdminDesk: Sendable {
    let accounts: Accounts
    /// Which domains there are; accounts of others would never be able to log in.
    let isServed: @Sendable (String) -> Bool
    /// Ends an account's sessions, where they are in this process.
    var endSessions: @Sendable (JID, StreamError) async -> Void = { _, _ in }
    /// Reads the configuration again, where there is a server to do it.
    var reload: (@Sendable () async throws -> [String])?
    /// Tells how the server is, where there is one.
    var status: (@Sendable () -> [String])?
    /// Knows the plugins, where there is a server that has them.
    var plugins: PluginDesk?
    /// Tells modules of accounts that come and go.
    var announce: @Sendable (AccountEvent, JID) -> Void = { _, _ in }

    static let pageSize = 1_000

    func reply(to request: AdminRequest) async -> AdminReply {
        do {
            return AdminReply(lines: try await fulfil(request))
        } catch {
            return AdminReply(error: "\(error)")
        }
    }

    private func fulfil(_ request: AdminRequest) async throws -> [String] {
        switch request.verb {
        case .addUser: try await add(try account(of: request), try password(of: request))
        case .setPassword: try await change(try account(of: request), try password(of: request))
        case .removeUser: try await remove(try account(of: request))
        case .listUsers: return try await list(request)
        case .reload:
            guard let reload else { throw AdminFault("the server is not running") }
            return try await reload()
        case .status:
            guard let status else { throw AdminFault("the server is not running") }
            return status()
        case .listPlugins: return try pluginDesk().list()
        case .listPhases:
            guard let domain = request.domain else { throw AdminFault("which domain?") }
            return try pluginDesk().phases(of: domain)
        case .runPlugin:
            guard let plugin = request.plugin, let name = request.name,
                let domain = request.domain
            else { throw AdminFault("which plugin, verb and domain?") }
            return try await pluginDesk().run(
                name,
                of: plugin,
                in: domain,
                request.arguments ?? []
            )
        }
        return []
    }

    private func pluginDesk() throws -> PluginDesk {
        guard let plugins else { throw AdminFault("the server is not running") }
        return plugins
    }

    private func add(_ account: JID, _ password: String) async throws {
        try mustServe(account.domainpart)
        do {
            try await accounts.add(account, password: password)
        } catch StorageError.conflict {
            throw AdminFault("\(account) exists already")
        }
        announce(.created, account)
    }

    private func change(_ account: JID, _ password: String) async throws {
        do {
            try await accounts.setPassword(password, of: account)
        } catch StorageError.notFound {
            throw AdminFault("there is no account \(account)")
        }
        await endSessions(account, StreamError(.reset, "the password was changed"))
    }

    private func remove(_ account: JID) async throws {
        guard try await accounts.store.account(account) != nil else {
            throw AdminFault("there is no account \(account)")
        }
        try await accounts.store.removeAccount(account)
        announce(.removed, account)
        await endSessions(account, StreamError(.notAuthorized, "the account was removed"))
    }

    private func list(_ request: AdminRequest) async throws -> [String] {
        guard let name = request.domain else { throw AdminFault("which domain?") }
        let domain = (try? JID(name))?.domainpart ?? name
        let page = try await accounts.store.accounts(
            in: domain,
            after: request.after,
            limit: Self.pageSize
        )
        // A domain that was taken out of the configuration may still have accounts.
        if page.isEmpty, request.after == nil { try mustServe(domain) }
        return page.map(\.jid.description)
    }

    private func mustServe(_ domain: String) throws(AdminFault) {
        guard isServed(domain) else {
            throw AdminFault("\(domain) is not among the configured domains")
        }
    }

    private func account(of request: AdminRequest) throws -> JID {
        guard let text = request.account, let jid = try? JID(text), jid.isBare, jid.hasLocalpart
        else {
            throw AdminFault("\(request.account ?? "nothing") is not the address of an account")
        }
        return jid
    }

    private func password(of request: AdminRequest) throws -> String {
        guard let password = request.password else { throw AdminFault("the password is missing") }
        return password
    }
}
