import Foundation
import MartletClient
import MartletCore
import MartletPluginHost
import MartletStorage
import MartletTesting
import MartletXML
import Synchronization
import TestSupport

@testable import MartletNet
@testable import MartletServer

/// A scene with the plugin `echo`, whose service is within the server or in one beside it.
///
/// Both have the same settings but for their role; what would be TCP between them is a pipe.
final class EchoScene: Sendable {
    let scene: Scene
    let log = LogBook()
    let dialler = UplinkPipes()
    private let workshop: Workshop
    private let settings: ServerSettings

    static let service = JID(prepared: nil, "echo.montague.example")
    static let narcissus = JID(prepared: "narcissus", "echo.montague.example")
    static let romeo = JID(prepared: "romeo", "montague.example", "orchard")
    static let juliet = JID(prepared: "juliet", "capulet.example", "balcony")

    init(
        _ role: ServerRole,
        clock: any ShardClock = MonotonicClock(),
        _ change: (inout ComponentSettings) -> Void = { _ in }
    ) async throws {
        workshop = try Workshop()
        try await workshop.compile(FaultScene.sources.appending(path: "echo.c"), as: "echo")
        var component = ComponentSettings(secret: Secret(Array("rosemary".utf8)))
        component.isKeptByPlugin = true
        change(&component)
        var common = ServerSettings()
        let folders = [workshop.folder.path] + PluginFolder.usual
        scene = try await Scene(
            plugins: ["echo": "{}"],
            pluginFolders: folders,
            clock: clock
        ) { settings in
            settings.components[Self.service.domainpart] = component
            settings.role = role
            common = settings
        }
        settings = common
        dialler.know(scene.server)
    }

    /// Starts the process of the services, which joins by itself.
    func startServices(
        clock: any ShardClock = MonotonicClock(),
        secret: String = "rosemary",
        log: LogBook? = nil
    ) async throws -> MartletServer {
        var settings = settings
        settings.role = .services
        settings.components[Self.service.domainpart]?.secret = Secret(Array(secret.utf8))
        // Its own, since its end closes it; the plugin keeps nothing.
        return try await MartletServer(
            settings,
            store: MemoryStore(),
            log: (log ?? self.log).logger,
            clock: clock,
            reread: nil,
            dialler: nil,
            uplinkDialler: dialler
        )
    }

    /// Returns when the main process has noticed that the other has gone.
    func parted() async {
        for place in scene.server.components.streams.places { await place.connections.empty() }
    }

    func end(_ services: MartletServer? = nil) async {
        await services?.shutDown()
        await scene.end()
    }
}

/// Joins servers of this process by pipes, in place of TCP.
final class UplinkPipes: UplinkDialler {
    private struct State {
        weak var server: MartletServer?
        var pipes: [PipeTransport] = []
        var isBroken = false
    }

    private let state = Mutex(State())

    func know(_ server: MartletServer) { state.withLock { $0.server = server } }

    /// Nobody is reached from now on, or again.
    func breakDown(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    var dialledCount: Int { state.withLock { $0.pipes.count } }

    /// Breaks every connection, as a reset does, or as the end of a process.
    func cutAll() {
        let pipes = state.withLock { state in
            defer { state.pipes = [] }
            return state.pipes
        }
        for pipe in pipes { pipe.shard.submit { pipe.cut() } }
    }

    func dial(on shard: Shard, done: @escaping @Sendable (Result<Transport, NetError>) -> Void) {
        shard.submit { [self] in
            let server = state.withLock { $0.isBroken ? nil : $0.server }
            guard let server else {
                return done(.failure(NetError("connect", reason: "nobody is there")))
            }
            let (near, far) = PipeTransport.pair(shard, server.shards[0])
            state.withLock { $0.pipes.append(near) }
            server.shards[0].submit { server.components.accept(far) }
            done(.success(near))
        }
    }
}
