import Foundation
import MartletClient
import MartletCore
import MartletNet
import MartletPluginHost
import MartletSASL
import MartletServer
import MartletStreams
import MartletTesting
import MartletXML
import Testing
import TestSupport

/// `martlet.auth/1` provided by a plugin: a file says who may log in, and nothing else does.
@Suite(.timeLimit(.minutes(5)))
struct AuthFileTests {
    private let romeo = JID(prepared: "romeo", "montague.example", nil)
    private let mercutio = JID(prepared: "mercutio", "montague.example", nil)

    /// A server that knows SCRAM alone, and asks a file with this text.
    private static func with(
        _ text: String?,
        _ body: (_ scene: Scene, _ file: URL, _ log: LogBook) async throws -> Void
    ) async throws {
        let workshop = try Workshop()
        let file = workshop.folder.appending(path: "users.json")
        try text?.write(to: file, atomically: true, encoding: .utf8)
        let log = LogBook()
        let scene = try await Scene(plugins: ["ping": "{}"], log: log.logger) { settings in
            settings.domains = [DomainSettings("montague.example", mechanisms: [.scramSHA256])]
            settings.plugins.choices["auth-file"] = .on(settings: "{\"file\": \"\(file.path)\"}")
        }
        do {
            try await body(scene, file, log)
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }

    /// The first client's session, or why there is none.
    private func logIn(
        _ account: JID,
        _ password: String,
        to scene: Scene,
        then body: (Client) async throws -> Void = { _ in }
    ) async throws {
        let shard = Shard(index: 0)
        shard.start()
        let (near, far) = PipeTransport.pair(shard, scene.server.shards[0])
        scene.server.accept(far, terms: C2SListenerTerms(tls: .none, allowsPlainWithoutTLS: true))
        let login = ClientMachine.Login(
            account,
            credentials: [.password(username: account.localpart ?? "", password: password)],
            resource: "orchard",
            requiresTLS: false,
            wantsStreamManagement: false
        )
        do {
            let client = try await Client.connect(login, over: near, resuming: nil)
            try await body(client)
            await client.close()
        } catch {
            await shard.stop()
            throw error
        }
        await shard.stop()
    }

    @Test func `lets in who stands in the file, by SCRAM, and nobody else`() async throws {
        try await Self.with(#"{"romeo": "a rose"}"#) { scene, _, _ in
            // The server's own account, with a password of the server's own, counts no more.
            try await scene.enroll(romeo)
            try await scene.enroll(mercutio)
            try await logIn(romeo, "a rose", to: scene)
            for (account, password) in [
                (romeo, Scene.password), (mercutio, Scene.password), (mercutio, "a rose"),
            ] {
                await #expect(throws: ClientFault.self) {
                    try await logIn(account, password, to: scene)
                }
            }
        }
    }

    @Test func `checks by verifiers where the file has no password`() async throws {
        let derived = ScramCredentials.derive(password: "a rose", hash: .sha256, iterations: 4_096)
        let verifier = try #require(derived).text
        let text = #"{"romeo@montague.example": {"SCRAM-SHA-256": "\#(verifier)"}}"#
        try await Self.with(text) { scene, _, _ in
            try await logIn(romeo, "a rose", to: scene)
            await #expect(throws: ClientFault.self) { try await logIn(romeo, "a nose", to: scene) }
        }
    }

    @Test func `makes one who stands in the file an account like any other`() async throws {
        try await Self.with(#"{"romeo": "a rose"}"#) { scene, _, _ in
            try await logIn(romeo, "a rose", to: scene) { client in
                let item = "<item jid='nurse@montague.example'/>"
                let query = try Element.parse("<query xmlns='jabber:iq:roster'>\(item)</query>")
                let answer = try await client.request(.set, query)
                #expect(answer.type == .result)
            }
            let account = try await scene.store.account(romeo)
            #expect(account?.verifiers == [:])
            #expect(try await scene.store.roster(of: romeo).items.count == 1)
        }
    }

    @Test func `goes by the file as it is, and by the last that made sense`() async throws {
        try await Self.with(#"{"romeo": "a rose"}"#) { scene, file, log in
            try await logIn(romeo, "a rose", to: scene)
            try #"{"romeo": "a tulip", "mercutio": "a plague"}"#
                .write(to: file, atomically: true, encoding: .utf8)
            try await logIn(romeo, "a tulip", to: scene)
            try await logIn(mercutio, "a plague", to: scene)
            await #expect(throws: ClientFault.self) { try await logIn(romeo, "a rose", to: scene) }
            try "{rubbish".write(to: file, atomically: true, encoding: .utf8)
            try await logIn(romeo, "a tulip", to: scene)
            #expect(log.lines.contains { $0.hasPrefix("the users stay those of before: ") })
        }
    }

    @Test(arguments: [
        (nil, "cannot be read"), ("[]", "is no JSON object of names and passwords"),
        (#"{"romeo": 1}"#, "is no JSON object of names and passwords"),
        (#"{"@@": "x"}"#, "\"@@\" is no name of an account"),
    ])
    func `says why it is not at work, and nobody is let in without it`(
        text: String?,
        reason: String
    )
        async throws
    {
        try await Self.with(text) { scene, file, log in
            let lines = log.lines.filter { $0.contains("auth-file") }
            #expect(lines.count == 1)
            #expect(lines.first?.hasPrefix("a plugin is not at work plugin=auth-file ") == true)
            #expect(lines.first?.contains(reason) == true)
            let closed = "until it does, nobody can log in to montague.example"
            #expect(lines.first?.contains(closed) == true)

            // Not even an account of the server's own.
            try await scene.enroll(romeo)
            let fault = ClientFault.loginRefused(SASLFailure(.temporaryAuthFailure))
            await #expect(throws: fault) {
                try await logIn(romeo, Scene.password, to: scene)
            }

            // Until the file is there, and the settings are read again.
            try #"{"romeo": "a rose"}"#.write(to: file, atomically: true, encoding: .utf8)
            try await scene.server.reload(Self.settings(file.path))
            try await logIn(romeo, "a rose", to: scene)
        }
    }

    @Test func `a reload that is refused leaves it at work`() async throws {
        try await Self.with(#"{"romeo": "a rose"}"#) { scene, file, _ in
            let other = file.deletingLastPathComponent().appending(path: "others.json")
            try #"{"romeo": "a tulip"}"#.write(to: other, atomically: true, encoding: .utf8)
            var refused = Self.settings(other.path)
            refused.plugins.required = ["no-such-plugin"]
            await #expect(throws: AdminFault.self) { try await scene.server.reload(refused) }
            try await logIn(romeo, "a rose", to: scene)

            // Settings that are no good change nothing either.
            try await scene.server.reload(Self.settings(file.path + ".gone"))
            try await logIn(romeo, "a rose", to: scene)
            try await scene.server.reload(Self.settings(other.path))
            try await logIn(romeo, "a tulip", to: scene)
        }
    }

    @Test func `switched off, it leaves the domain to the server's own accounts`() async throws {
        try await Self.with(nil) { scene, file, _ in
            try await scene.enroll(romeo)
            var settings = Self.settings(file.path)
            settings.plugins.choices["auth-file"] = .off
            try await scene.server.reload(settings)
            try await logIn(romeo, Scene.password, to: scene)
        }
    }

    private static func settings(_ path: String) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = [DomainSettings("montague.example", mechanisms: [.scramSHA256])]
        settings.plugins.isSelective = true
        settings.plugins.choices["ping"] = .on(settings: "{}")
        settings.plugins.choices["auth-file"] = .on(settings: "{\"file\": \"\(path)\"}")
        return settings
    }
}
