import MartletCore
import MartletCrypto
import MartletNet
import TestSupport
import Testing

@testable import MartletServer

/// The stream of the services' process to the main one, over TLS: who is joined proves itself first.
@Suite(.timeLimit(.minutes(5)))
struct UplinkTLSTests {
    /// Joins a service for components by a pipe.
    private struct Pipes: UplinkDialler {
        let service: ComponentService
        let terms: ComponentListenerTerms

        func dial(on shard: Shard, done: @escaping @Sendable (Result<Transport, NetError>) -> Void)
        {
            let far = service.router.homes[1].shard
            shard.submit {
                let (near, other) = PipeTransport.pair(shard, far)
                far.submit { service.accept(other, on: terms) }
                done(.success(near))
            }
        }
    }

    /// The main process's side, and the other's settings.
    private struct Stage {
        let components: ComponentStage
        let main: ComponentService
        let component: ComponentSettings
        let log = LogBook()

        init(name: String, by authority: TestAuthority) async throws {
            let identity = try await authority.issue(subject: name, names: "DNS:\(name)")
            let context = try TLSContext(
                server: TLSServerSettings(identities: TLSIdentities(fallback: identity))
            )
            components = try await ComponentStage()
            var component = ComponentSettings(secret: Secret(ComponentStage.secret))
            component.isKeptByPlugin = true
            self.component = component
            let server = components.scene.server
            main = ComponentService(
                router: server.router,
                settings: ComponentStage.settings([ComponentStage.plays.domainpart: component]),
                parsers: server.clients.streams.parsers,
                tls: { context },
                log: LogBook().logger
            )
        }

        /// Joins the main process in another's place, on a shard of the same server.
        func join(
            _ file: String,
            name: String?,
            terms: ComponentListenerTerms = ComponentListenerTerms(isDirect: true)
        ) throws -> UplinkService {
            let server = components.scene.server
            var settings = ServerSettings().with(role: .services)
            settings.services.tls = .direct
            settings.services.authorities = file
            settings.services.name = name
            let service = UplinkService(
                router: server.router,
                settings: settings,
                parsers: server.clients.streams.parsers,
                dialler: Pipes(service: main, terms: terms),
                tls: try UplinkTLS(settings),
                log: log.logger
            )
            let shard = server.router.homes[0].shard
            Uplink(ComponentStage.plays, component, of: service, on: shard).begin()
            return service
        }

        func end(_ service: UplinkService) async {
            await service.closeAll(StreamError(.systemShutdown))
            await main.closeAll(StreamError(.systemShutdown))
            await components.end()
        }
    }

    /// A file with an authority's certificate, and the authority.
    private func withAuthority(
        _ body: (TestAuthority, String) async throws -> Void
    ) async throws {
        try await inFolder { folder in
            let authority = try await TestAuthority("The Prince")
            let file = "\(folder)/prince.pem"
            try authority.certificate.write(toFile: file, atomically: true, encoding: .utf8)
            try await body(authority, file)
        }
    }

    @Test func `stands where the certificate is by the authority, and for the name`() async throws {
        try await withAuthority { authority, file in
            let stage = try await Stage(name: "montague.example", by: authority)
            let service = try stage.join(file, name: "montague.example")
            await stage.log.wait(for: "uplink stands")
            await stage.end(service)
        }
    }

    @Test(arguments: ["capulet.example", nil])
    func `says nothing to one whose certificate is for another`(name: String?) async throws {
        try await withAuthority { authority, file in
            let stage = try await Stage(name: "montague.example", by: authority)
            let service = try stage.join(file, name: name)
            await stage.log.wait(for: "the uplink is away")
            #expect(!stage.log.lines.contains { $0.hasPrefix("uplink stands") })
            await stage.end(service)
        }
    }

    @Test func `says nothing to one whom another authority knows`() async throws {
        try await withAuthority { _, file in
            let other = try await TestAuthority("Another prince")
            let stage = try await Stage(name: "montague.example", by: other)
            let service = try stage.join(file, name: "montague.example")
            await stage.log.wait(for: "the uplink is away")
            #expect(!stage.log.lines.contains { $0.hasPrefix("uplink stands") })
            await stage.end(service)
        }
    }

    @Test func `says nothing to one that has no TLS`() async throws {
        try await withAuthority { authority, file in
            let stage = try await Stage(name: "montague.example", by: authority)
            let terms = ComponentListenerTerms()
            let service = try stage.join(file, name: "montague.example", terms: terms)
            await stage.log.wait(for: "the uplink is away")
            #expect(!stage.log.lines.contains { $0.hasPrefix("uplink stands") })
            await stage.end(service)
        }
    }
}
