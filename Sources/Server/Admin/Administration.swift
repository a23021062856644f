import Foundation
import MartletCore
import MartletRouter
import MartletSASL
public import MartletStorage

/// An administrator's way to the accounts: through the running server, or into its store beside it.
public struct Administration: Sendable {
    private let ask: @Sendable (AdminRequest) async throws -> AdminReply

    /// Does `work` with a server if one answers on the configured socket, else with the store itself.
    public static func with<R: Sendable>(
        _ settings: ServerSettings,
        store open: @Sendable () async throws -> any Store,
        _ work: @Sendable (Administration) async throws -> R
    ) async throws -> R {
        if let path = settings.adminSocket, let descriptor = try? UnixSocket.connect(to: path) {
            close(descriptor)
            return try await work(Administration { try await exchange($0, path) })
        }
        let store = try await open()
        do {
            let desk = try await AdminDesk.standalone(settings, store: store)
            let result = try await work(Administration { await desk.reply(to: $0) })
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }

    /// Whether a server answers on the configured socket.
    public static func isServed(_ settings: ServerSettings) -> Bool {
        guard let path = settings.adminSocket,
            let descriptor = try? UnixSocket.connect(to: path)
        else { return false }
        close(descriptor)
        return true
    }

    /// What a store keeps of a password, as for an account that is made here.
    ///
    /// - Throws: `AccountFault` when it is none (RFC 8265 §4).
    public static func verifiers(
        of password: String,
        _ settings: ServerSettings
    ) async throws -> [String: String] {
        try await Accounts.verifiers(of: password, iterations: settings.iterations)
    }

    /// - Throws: `AdminFault` with the reason.
    public func perform(_ change: AdminChange) async throws {
        _ = try await lines(change.request)
    }

    /// Every account of a domain, in order of its localpart.
    public func users(of domain: String) async throws -> [String] {
        var users: [String] = []
        while true {
            let after = users.last.flatMap { try? JID($0) }?.localpart
            let page = try await lines(
                AdminRequest(verb: .listUsers, domain: domain, after: after)
            )
            users += page
            if page.count < AdminDesk.pageSize { return users }
        }
    }

    /// How the running server and its store are: a name and a value a line.
    public func status() async throws -> [String] {
        try await lines(AdminRequest(verb: .status))
    }

    /// A table of the running server's plugins.
    public func plugins() async throws -> [String] {
        try await lines(AdminRequest(verb: .listPlugins))
    }

    /// The handlers of a domain in the running server, in the order in which they act.
    public func phases(of domain: String) async throws -> [String] {
        try await lines(AdminRequest(verb: .listPhases, domain: domain))
    }

    /// Runs a verb of a plugin of the running server.
    public func run(
        _ name: String,
        of plugin: String,
        in domain: String,
        _ arguments: [String]
    ) async throws -> [String] {
        try await lines(
            AdminRequest(
                verb: .runPlugin,
                domain: domain,
                plugin: plugin,
                name: name,
                arguments: arguments
            )
        )
    }

    private func lines(_ request: AdminRequest) async throws -> [String] {
        let reply = try await ask(request)
        if let error = reply.error { throw AdminFault(error) }
        return reply.lines
    }

    private static func exchange(
        _ request: AdminRequest,
        _ path: String
    ) async throws -> AdminReply {
        let line = try await UnixSocket.ask([UInt8](try JSONEncoder().encode(request)), at: path)
        guard let reply = try? JSONDecoder().decode(AdminReply.self, from: Data(line)) else {
            throw AdminFault("the server was asked, and did not answer in time")
        }
        return reply
    }
}

extension AdminDesk {
    /// A desk beside the server, on the store alone.
    static func standalone(
        _ settings: ServerSettings,
        store: any Store
    ) async throws -> AdminDesk {
        let domains = Set(settings.domains.map(\.name))
        let secret = try await ServerSecret.load(from: store)
        let decoy = ScramDecoy(secret: secret, iterations: settings.iterations)
        return AdminDesk(accounts: Accounts(store: store, decoy: decoy)) { domains.contains($0) }
    }
}
