import Foundation
import MartletClient
import MartletCore
import MartletPluginHost
import MartletServer
import MartletTesting
import MartletXML
import TestSupport
import Testing

/// A scene with faulty plugins of `Tests/Plugins/Faults`, with `ping` beside them, and its log.
struct FaultScene {
    let scene: Scene
    let log: LogBook
    let romeo: Client

    static let sources = Workshop.root.appending(path: "Tests/Plugins/Faults")
    static let romeo = JID(prepared: "romeo", "montague.example", "orchard")

    /// Builds plugins of these names and has them at work in both domains, for the length of `body`.
    ///
    /// At the end the server still serves, whatever the plugins did.
    static func with(
        _ plugins: String...,
        shards: Int = 2,
        _ body: (FaultScene) async throws -> Void
    ) async throws {
        let workshop = try Workshop()
        for plugin in plugins {
            try await workshop.compile(sources.appending(path: "\(plugin).c"), as: plugin)
        }
        try await with(plugins, from: workshop, shards: shards, body)
    }

    /// The same with what a workshop holds already; chosen are those named.
    static func with(
        _ plugins: [String],
        from workshop: Workshop,
        shards: Int = 2,
        _ body: (FaultScene) async throws -> Void
    ) async throws {
        let log = LogBook()
        let scene = try await Scene(
            plugins: ["ping": "{}"],
            pluginFolders: [workshop.folder.path] + PluginFolder.usual,
            log: log.logger
        ) { settings in
            settings.shards = shards
            for plugin in plugins { settings.plugins.choices[plugin] = .on(settings: "{}") }
        }
        do {
            let client = try await scene.enter(romeo)
            let test = FaultScene(scene: scene, log: log, romeo: client)
            try await body(test)
            try await test.proveAlive()
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }

    /// What the plugin answers to `<name xmlns='urn:fault'/>`.
    func ask(_ name: String) async throws -> Stanza {
        let domain = Self.romeo.domain
        return try await romeo.request(.get, to: domain, Element(name, in: "urn:fault"))
    }

    /// Has the plugin answer with a result.
    func mustAnswer(_ name: String) async throws {
        let answer = try await ask(name)
        #expect(answer.type == .result, "\(name): \(answer)")
    }

    /// One that was not there before is served.
    func proveAlive() async throws {
        let mercutio = JID(prepared: "mercutio", "montague.example", "street")
        let client = try await scene.enter(mercutio)
        let ping = Element("ping", in: "urn:xmpp:ping")
        let answer = try await client.request(.get, to: mercutio.domain, ping)
        #expect(answer.type == .result, "the server does not serve any more")
        await client.close()
    }

    /// Whether the log says something, of a plugin at romeo's domain.
    func says(_ message: String, of plugin: String) -> Bool {
        log.lines.contains("\(message) domain=montague.example plugin=\(plugin)")
    }
}

extension FaultScene {
    /// The scene's settings with a plugin switched off, in one domain or in both.
    static func settings(without plugin: String, in place: String? = nil) -> ServerSettings {
        var settings = ServerSettings()
        settings.domains = ["montague.example", "capulet.example"].map { name in
            var domain = DomainSettings(name, mechanisms: [.scramSHA256, .plain])
            if place == nil || place == name { domain.plugins = [plugin: .off] }
            return domain
        }
        settings.plugins.isSelective = true
        settings.plugins.choices = ["ping": .on(settings: "{}"), plugin: .on(settings: "{}")]
        return settings
    }
}
