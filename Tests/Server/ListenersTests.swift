import MartletTesting
import TestSupport
import Testing

@testable import MartletServer

/// Where connections are taken, and whose.
@Suite(.timeLimit(.minutes(5)))
struct ListenersTests {
    @Test func `opens none when one is for those whom this server does not serve`() async throws {
        let scene = try await Scene { _ in }
        var settings = ServerSettings()
        settings.listeners = [
            ListenerSettings(.loopback(port: 0)),
            ListenerSettings(.loopback(port: 0), terms: .servers(S2SListenerTerms(isDirect: true))),
        ]
        let server = scene.server
        let fault = await #expect(throws: AdminFault.self) {
            try await Listeners.open(
                settings,
                for: Takers(server.clients, nil, server.components),
                on: server.shards,
                log: LogBook().logger
            )
        }
        #expect(
            fault?.description == "127.0.0.1:0 is for s2s direct, which this server does not serve"
        )
        await scene.end()
    }
}
