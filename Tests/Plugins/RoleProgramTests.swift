import Foundation
import MartletClient
import MartletCore
import MartletNet
import MartletPluginHost
import TestSupport
import Testing

/// `martlet serve --role`: two processes of the program, by one `config.json`.
@Suite(.timeLimit(.minutes(5)))
struct RoleProgramTests {
    /// A folder with the plugin `echo` and a configuration, in which nobody needs an account.
    private func workshop(keptByPlugin: Bool = true) async throws -> Workshop {
        let workshop = try Workshop()
        try await workshop.compile(FaultScene.sources.appending(path: "echo.c"), as: "echo")
        let folder = workshop.folder.path
        let text = """
            {
                "domains": { "montague.example": { "anonymous": true } },
                "plugins": { "echo": true },
                "pluginFolders": [ "\(folder)" ],
                "components": {
                    "echo.montague.example": { "secret": "rosemary", "keptByPlugin": \(keptByPlugin) }
                },
                "listeners": [
                    { "address": "127.0.0.1", "port": 0 }, { "type": "component", "port": 0 }
                ],
                "storage": { "path": "\(folder)/martlet.db" },
                "tls": { "certificates": "\(folder)" },
                "adminSocket": "\(folder)/martlet.sock"
            }
            """
        try text.write(toFile: "\(folder)/config.json", atomically: true, encoding: .utf8)
        return workshop
    }

    private func serve(_ workshop: Workshop, _ more: String...) throws -> RunningProgram {
        let configuration = workshop.folder.appending(path: "config.json").path
        return try RunningProgram(["serve", "--config", configuration] + more)
    }

    private func enter(_ workshop: Workshop, port: UInt16, on shard: Shard) async throws -> Client {
        try await Client.connect(
            .init(JID(prepared: nil, "montague.example"), credentials: [.anonymous]),
            options: .init(
                host: "127.0.0.1",
                port: port,
                authorities: workshop.folder.appending(path: "montague.example.pem").path
            ),
            on: shard
        )
    }

    /// What comes of a message to the service: its body, or the condition of an error.
    private func answer(to text: String, of client: Client) async -> String? {
        await client.send(text, to: JID(prepared: "narcissus", "echo.montague.example"))
        for await stanza in client.stanzas where stanza.kind == .message {
            return stanza.error?.condition.rawValue
                ?? stanza.child("body", in: "jabber:client")?.text
        }
        return nil
    }

    @Test func `parts the services from the rest, and joins them again after a kill`() async throws
    {
        let workshop = try await workshop()
        let main = try serve(workshop, "--role", "main")
        defer { main.stop() }
        let ready = try #require(await main.line(with: "ready addresses="), "\(main.lines)")
        let ports = ready.split(separator: "127.0.0.1:").dropFirst().compactMap { part in
            UInt16(part.prefix { $0.isNumber })
        }
        try #require(ports.count == 2, "\(ready)")
        let join = ["--role", "services", "--join", "127.0.0.1:\(ports[1])"]
        var services = try serve(workshop, join[0], join[1], join[2], join[3])
        defer { services.stop() }
        #expect(await services.line(with: "uplink stands") != nil, "\(services.lines)")
        let shard = Shard(index: 0)
        shard.start()
        let client = try await enter(workshop, port: ports[0], on: shard)
        #expect(await answer(to: "one", of: client) == "one")
        services.send(SIGKILL)
        await services.ended()
        #expect(await main.line(with: "connection closed component=echo.montague.example") != nil)
        #expect(await answer(to: "two", of: client) == "service-unavailable")
        services = try serve(workshop, join[0], join[1], join[2], join[3])
        #expect(await services.line(with: "uplink stands") != nil, "\(services.lines)")
        #expect(await answer(to: "three", of: client) == "three")
        main.send(SIGTERM)
        #expect(await services.line(with: "the uplink is away") != nil, "\(services.lines)")
        services.send(SIGTERM)
        #expect(await services.line(with: "stopped") != nil, "\(services.lines)")
        await main.ended()
        await services.ended()
        await shard.stop()
    }

    @Test(arguments: ["main", "services"])
    func `says what it lacks for a role`(role: String) async throws {
        let workshop = try await workshop(keptByPlugin: false)
        let program = try serve(workshop, "--role", role)
        #expect(
            await program.line(with: "no component in \"components\" has \"keptByPlugin\"") != nil
        )
        await program.ended()
        let other = try serve(workshop, "--join", "127.0.0.1:5347")
        #expect(await other.line(with: "'--join' is for '--role services' alone") != nil)
        await other.ended()
    }
}
