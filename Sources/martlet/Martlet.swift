import Logging
import MartletCore
import MartletServer
import MartletStorage
import MartletNet
@main
struct Martlet {
    static func main() async throws {
        var settings = ServerSettings()
        settings.domains = [DomainSettings("localhost")]
        settings.tls.folder = "/tmp/martlet-certs"
        settings.listeners = [ListenerSettings(.any(port: 5222, isIPv6: false)), ListenerSettings(.any(port: 5223, isIPv6: false), C2SListenerTerms(tls: .direct))]
        settings.adminSocket = "/tmp/martlet-test.sock"
        let store = MemoryStore()
        let s = settings
        let server = try await MartletServer(settings, store: store, log: Logger(label: "martlet") { LineLogHandler(label: $0, format: .text) })
        let running = Task { try await server.run() }
        try await Task.sleep(for: .milliseconds(300))
        for u in ["romeo", "juliet"] { try await Administration.with(s, store: { store }) { try await $0.perform(.addUser(try JID("\(u)@localhost"), password: "secret")) } }
        try await running.value
    }
}
