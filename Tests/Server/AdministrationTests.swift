import Foundation
import MartletClient
import MartletCore
import MartletStorage
import MartletStorageSQLite
import MartletStreams
import MartletTesting
import Testing

@testable import MartletServer

/// What administrators ask: of a running server by its socket, and of its store beside it.
@Suite(.timeLimit(.minutes(5)))
struct AdministrationTests {
    private let romeo = JID(prepared: "romeo", "montague.example")

    private func settings(_ folder: String) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = [DomainSettings("montague.example")]
        settings.iterations = 4_096
        settings.adminSocket = "\(folder)/admin.sock"
        return settings
    }

    /// A server with its socket open, as `run` opens it.
    private func withServer(
        _ work: (Scene, ServerSettings) async throws -> Void
    ) async throws {
        try await inFolder { folder in
            let settings = settings(folder)
            let scene = try await Scene()
            let socket = try AdminSocket.open(
                at: "\(folder)/admin.sock",
                desk: scene.server.desk,
                log: scene.server.log
            )
            await #expect(throws: Never.self) { try await work(scene, settings) }
            socket.close()
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/admin.sock"))
            await scene.end()
        }
    }

    private func ask<R: Sendable>(
        _ settings: ServerSettings,
        _ work: @Sendable (Administration) async throws -> R
    ) async throws -> R {
        try await Administration.with(
            settings,
            store: { throw AdminFault("the server should have answered") },
            work
        )
    }

    private func goThroughAll(_ desk: Administration) async throws {
        try await desk.perform(.addUser(romeo, password: "rose"))
        let juliet = JID(prepared: "juliet", "montague.example")
        try await desk.perform(.addUser(juliet, password: "rose"))
        #expect(
            try await desk.users(of: "Montague.example") == [
                "juliet@montague.example", "romeo@montague.example",
            ]
        )
        try await desk.perform(.setPassword(romeo, password: "thorn"))
        try await desk.perform(.removeUser(juliet))
        #expect(try await desk.users(of: "montague.example") == ["romeo@montague.example"])
        await expect("romeo@montague.example exists already") {
            try await desk.perform(.addUser(romeo, password: "rose"))
        }
        await expect("there is no account juliet@montague.example") {
            try await desk.perform(.removeUser(juliet))
        }
        await expect("there is no account juliet@montague.example") {
            try await desk.perform(.setPassword(juliet, password: "rose"))
        }
        await expect("verona.example is not among the configured domains") {
            try await desk.perform(
                .addUser(JID(prepared: "paris", "verona.example"), password: "rose")
            )
        }
        await expect("verona.example is not among the configured domains") {
            _ = try await desk.users(of: "verona.example")
        }
        await expect(AccountFault.unusablePassword.description) {
            try await desk.perform(.setPassword(romeo, password: ""))
        }
    }

    private func expect(_ reason: String, _ work: () async throws -> Void) async {
        let fault = await #expect(throws: AdminFault.self) { try await work() }
        #expect(fault?.description == reason)
    }

    @Test func `are fulfilled by a running server`() async throws {
        try await withServer { scene, settings in
            try await ask(settings) { try await goThroughAll($0) }
            #expect(try await scene.server.clients.accounts.verify("thorn", of: romeo))
        }
    }

    @Test func `are fulfilled beside a server that does not run`() async throws {
        try await inFolder { folder in
            let open: @Sendable () async throws -> any Store = {
                try SQLiteStore(path: "\(folder)/martlet.db")
            }
            try await Administration.with(settings(folder), store: open) {
                try await goThroughAll($0)
            }
            let users = try await Administration.with(settings(folder), store: open) {
                try await $0.users(of: "montague.example")
            }
            #expect(users == ["romeo@montague.example"], "it was kept")
        }
    }

    @Test func `show how a running server is, and no other`() async throws {
        try await withServer { scene, settings in
            let lines = try await ask(settings) { try await $0.status() }
            let figures = lines.map { $0.split(separator: " ").map(String.init) }
            #expect(figures.contains(["domains", "2"]))
            #expect(figures.contains(["connections", "0"]))
        }
        try await inFolder { folder in
            let open: @Sendable () async throws -> any Store = { MemoryStore() }
            try await Administration.with(settings(folder), store: open) { desk in
                await expect("the server is not running") { _ = try await desk.status() }
            }
        }
    }

    @Test func `list more accounts than fit into one answer`() async throws {
        try await withServer { scene, settings in
            let count = AdminDesk.pageSize + 5
            for index in 0..<count {
                let jid = JID(prepared: "user\(1_000_000 + index)", "montague.example")
                try await scene.store.createAccount(Account(jid))
            }
            let users = try await ask(settings) { try await $0.users(of: "montague.example") }
            #expect(users.count == count && Set(users).count == count)
        }
    }

    @Test func `reach the server's own user alone`() async throws {
        try await withServer { _, settings in
            let mode = try permissions(of: settings.adminSocket ?? "")
            #expect(mode == 0o600)
        }
    }

    @Test func `find one server at a time`() async throws {
        try await withServer { scene, settings in
            await expect("another server is running on \(settings.adminSocket ?? "")") {
                _ = try AdminSocket.open(
                    at: settings.adminSocket ?? "",
                    desk: scene.server.desk,
                    log: scene.server.log
                )
            }
        }
    }

    /// What a server that was killed left behind is in nobody's way.
    @Test func `find the place of one that was killed`() async throws {
        try await inFolder { folder in
            let path = "\(folder)/admin.sock"
            close(try UnixSocket.listen(at: path))
            #expect(FileManager.default.fileExists(atPath: path))
            let scene = try await Scene()
            let socket = try AdminSocket.open(
                at: path,
                desk: scene.server.desk,
                log: scene.server.log
            )
            close(try UnixSocket.connect(to: path))
            socket.close()
            await scene.end()
        }
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"verb":"sing"}"#, #"{"verb":1}"#, "\u{0}\u{FFFD}",
        String(repeating: "x", count: 100_000),
    ])
    func `are answered though they make no sense`(line: String) async throws {
        try await withServer { _, settings in
            let reply = try await exchange(line, settings)
            #expect(reply == #"{"error":"the request is not understood","lines":[]}"#)
        }
    }

    @Test(arguments: [
        (#"{"verb":"user-add"}"#, "nothing is not the address of an account"),
        (#"{"verb":"user-add","account":"@"}"#, "@ is not the address of an account"),
        (#"{"verb":"user-add","account":"a@b/c"}"#, "a@b/c is not the address of an account"),
        (
            #"{"verb":"user-add","account":"montague.example"}"#,
            "montague.example is not the address of an account"
        ),
        (#"{"verb":"user-add","account":"a@montague.example"}"#, "the password is missing"),
        (#"{"verb":"user-list"}"#, "which domain?"),
    ])
    func `are refused in a sentence when they lack something`(
        line: String,
        reason: String
    ) async throws {
        try await withServer { _, settings in
            let reply = try await exchange(line, settings)
            #expect(reply.contains(#""error":"\#(reason)""#))
        }
    }

    private func exchange(_ line: String, _ settings: ServerSettings) async throws -> String {
        let reply = try await UnixSocket.ask(Array(line.utf8), at: settings.adminSocket ?? "")
        let object = try JSONSerialization.jsonObject(with: Data(reply))
        let sorted = try JSONSerialization.data(
            withJSONObject: object,
            options: [.sortedKeys, .withoutEscapingSlashes]
        )
        return String(decoding: sorted, as: UTF8.self)
    }

    @Test(arguments: [true, false])
    func `end the account's sessions and nobody else's`(isRemoval: Bool) async throws {
        try await withServer { scene, settings in
            let his = try await scene.enter(try romeo.with(resource: "balcony"))
            let lost = try await scene.enter(try romeo.with(resource: "tomb"), managed: true)
            let earlier = await lost.cut()
            for await _ in lost.stanzas {}
            let other = try await scene.enter(JID(prepared: "mercutio", "montague.example"))
            try await ask(settings) {
                try await $0.perform(
                    isRemoval ? .removeUser(romeo) : .setPassword(romeo, password: "thorn")
                )
            }
            for await _ in his.stanzas {}
            // RFC 6120 §4.9.3.16: who may come back has to authenticate anew.
            let farewell =
                isRemoval
                ? StreamError(.notAuthorized, "the account was removed")
                : StreamError(.reset, "the password was changed")
            #expect(await his.fault == .stream(farewell))
            // Nor can the lost one be resumed: not by a namesake, not with the new password.
            if isRemoval {
                #expect(try await !scene.enter(romeo, managed: true, resuming: earlier).isResumed)
            } else {
                await #expect(throws: ClientFault.self) {
                    try await scene.enter(romeo, managed: true, resuming: earlier)
                }
            }
            await other.close()
            #expect(await other.fault != nil)
        }
    }

    /// Who has logged in but has no resource yet is somebody, too.
    @Test func `end streams that are still negotiated`() async throws {
        try await withServer { scene, settings in
            try await scene.enroll(romeo)
            let own = scene.server.shards[0]
            for index in 0..<2 {
                let visitor = Visitor.visit(scene.server, shard: index, from: own)
                let login = Data("\0romeo\0\(Scene.password)".utf8).base64EncodedString()
                visitor.send(Say.open + Say.plain(login))
                #expect(await visitor.heard("<success"))
                visitor.send(Say.open)
                #expect(await visitor.heard("<bind"))
                try await ask(settings) {
                    try await $0.perform(.setPassword(romeo, password: Scene.password))
                }
                #expect(await visitor.heard("<reset"))
                await visitor.ended()
            }
        }
    }
}
