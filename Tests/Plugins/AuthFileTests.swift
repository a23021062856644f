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

/// `martlet.auth/1` provided by a plugin: a file says who may log in, and nothing else does.
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
    func `says why it is not at work`(text: String?, reason: String) async throws {
        try await Self.with(text) { _, _, log in
            let line = log.lines.first { $0.hasPrefix("a plugin is not at work plugin=auth-file ") }
            #expect(line?.contains(reason) == true, "\(log.lines)")
        }
    }
}
