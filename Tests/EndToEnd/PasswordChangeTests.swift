import MartletCore
import MartletXML
import Testing

@testable import MartletServer

/// What becomes of an account's streams when somebody else changes its password (attacks 47).
@Suite(.timeLimit(.minutes(5)))
struct PasswordChangeTests {
    private static let sm = "urn:xmpp:sm:3"
    private static let changed = "parting-is-such-sweet-sorrow"

    /// Who may change a password from outside of the account's own sessions.
    enum Changer: CaseIterable {
        case administrator, plugin
    }

    private func change(by changer: Changer, on server: TestServer) async throws {
        let romeo = try JID("romeo@montague.example")
        switch changer {
        case .administrator:
            let reply = await server.server.desk.reply(
                to: AdminChange.setPassword(romeo, password: Self.changed).request
            )
            #expect(reply.error == nil)
        case .plugin:
            let accounts = ServerPluginAccounts(
                accounts: server.server.clients.accounts,
                throttle: server.server.clients.throttle,
                endStreams: { await server.server.endStreams(of: $0, $1, except: $2) },
                announce: { _, _ in }
            )
            try await accounts.setPassword(Self.changed, of: romeo, keeping: 0)
        }
    }

    private func logIn(_ server: TestServer, with word: String) async throws -> RawClient {
        let client = try await server.stream()
        await client.sendAuth("PLAIN", "\0romeo\0\(word)")
        return client
    }

    /// RFC 6120 §4.9.3.16: encryption and authentication are to be negotiated anew.
    @Test(arguments: Changer.allCases)
    func `every stream of the account is reset, and nobody else's`(changer: Changer) async throws {
        try await withServer { server in
            let bound = try await server.login("romeo@montague.example", resource: "orchard")
            let unbound = try await server.authenticated("romeo@montague.example")
            let namesake = try await server.login("romeo@capulet.example")
            let mercutio = try await server.login("mercutio@montague.example")
            try await change(by: changer, on: server)
            try await bound.expectStreamError("reset")
            try await unbound.expectStreamError("reset")
            try await namesake.expectNothing()
            try await mercutio.expectNothing()
            let old = try await logIn(server, with: password)
            try await old.expectFailure("not-authorized")
            let new = try await logIn(server, with: Self.changed)
            try await new.expect("{\(Namespace.sasl)}success")
        }
    }

    /// XEP-0198 §5: a token from before the change opens nothing, not even with the new password.
    @Test(arguments: Changer.allCases)
    func `a session that waits for its client cannot be resumed`(changer: Changer) async throws {
        try await withServer { server in
            let lost = try await server.login("romeo@montague.example", resource: "orchard")
            await lost.send("<enable xmlns='\(Self.sm)' resume='true'/>")
            let id = try #require(try await lost.expect("{\(Self.sm)}enabled")["id"])
            await lost.cut()
            try await lost.ended()
            try await change(by: changer, on: server)
            let back = try await logIn(server, with: Self.changed)
            try await back.expect("{\(Namespace.sasl)}success")
            try await back.open()
            await back.send("<resume xmlns='\(Self.sm)' previd='\(id)' h='0'/>")
            let failed = try await back.expect("{\(Self.sm)}failed")
            #expect(failed.firstChild?.name == "item-not-found")
            // What was sent to the old session's address finds nobody.
            let juliet = try await server.login("juliet@capulet.example")
            await juliet.send(
                "<iq type='get' id='ping' to='romeo@montague.example/orchard'>"
                    + "<ping xmlns='urn:xmpp:ping'/></iq>"
            )
            try await juliet.expectError("cancel", "service-unavailable", id: "ping")
        }
    }
}
