import MartletNet
import Testing

@testable import MartletServer

/// What of one `config.json` each of several processes goes by.
struct RoleSettingsTests {
    private static let text = """
        {
            "domains": { "montague.example": { "certificate": "m.pem" } },
            "components": {
                "echo.montague.example": { "secret": "rosemary", "keptByPlugin": true },
                "irc.montague.example": { "secret": "thyme" }
            },
            "services": { "join": "[::1]:5348" },
            "listeners": [ { "port": 5222 }, { "type": "component" } ]
        }
        """

    private func settings(_ role: ServerRole, _ text: String = text) throws -> ServerSettings {
        try Configuration(text).settings.with(role: role)
    }

    @Test func `the whole server has within what a plugin keeps`() throws {
        let settings = try settings(.whole)
        #expect(settings.ofRole.components.keys.sorted() == ["irc.montague.example"])
        #expect(settings.uplinks.isEmpty && settings.ofRole.listeners == settings.listeners)
        #expect(throws: Never.self) { try settings.checkRole() }
    }

    @Test func `the main process takes it for a component`() throws {
        let settings = try settings(.main)
        #expect(settings.ofRole == settings && settings.uplinks.isEmpty)
        #expect(settings.components["echo.montague.example"]?.isKeptByPlugin == true)
        #expect(throws: Never.self) { try settings.checkRole() }
    }

    @Test func `the services' process has nothing else, and takes no connections`() throws {
        let settings = try settings(.services)
        #expect(settings.uplinks.keys.sorted() == ["echo.montague.example"])
        #expect(settings.services.join == HostAndPort("::1", 5348))
        let own = settings.ofRole
        #expect(own.components.isEmpty && own.listeners.isEmpty && !own.s2s.isEnabled)
        #expect(own.adminSocket == nil && own.tls.folder == nil)
        #expect(own.domains.map(\.name) == ["montague.example"])
        #expect(own.domains[0].certificate == nil)
        #expect(throws: Never.self) { try settings.checkRole() }
    }

    @Test(arguments: [
        (ServerRole.main, #"{"components": {"a.example": {"secret": "s", "keptByPlugin": true}}}"#),
        (
            .main,
            #"{"components": {"a.example": {"secret": "s"}}, "listeners": [{"type": "component"}]}"#
        ),
        (.services, #"{"components": {"a.example": {"secret": "s"}}}"#),
        (.services, "{}"),
    ])
    func `a role with nothing to do is refused`(role: ServerRole, text: String) throws {
        let settings = try settings(role, text)
        #expect(throws: AdminFault.self) { try settings.checkRole() }
    }

    @Test(arguments: [
        ("localhost:5347", HostAndPort("localhost", 5347)),
        ("10.0.0.1:1", HostAndPort("10.0.0.1", 1)),
        ("[2001:db8::1]:65535", HostAndPort("2001:db8::1", 65_535)),
    ])
    func `reads a host and a port`(text: String, place: HostAndPort) {
        #expect(HostAndPort(text) == place)
        #expect(place.description == text)
    }

    @Test(arguments: [
        "", "localhost", "localhost:", ":5347", "localhost:0", "localhost:65536", "::1:5347",
        "[]:5347",
        "local host:5347", "a/b:5347", "localhost:-1",
    ])
    func `does not read what is none`(text: String) throws {
        #expect(HostAndPort(text) == nil)
        #expect(throws: ConfigError.self) {
            try Configuration(#"{"services": {"join": "\#(text)"}}"#)
        }
    }

    @Test func `tells what of the roles' settings waits for a restart`() throws {
        let new = try Configuration(Self.text)
        let changes = new.changes(
            from: try Configuration(Self.text.replacing("5348", with: "5349"))
        )
        #expect(changes.keysThatNeedRestart == ["services.join"] && changes.keys.isEmpty)
    }
}

struct UplinkTLSSettingsTests {
    private func settings(_ services: String, _ role: ServerRole = .services) throws
        -> ServerSettings
    {
        try Configuration(#"{"services": {\#(services)}}"#).settings.with(role: role)
    }

    @Test func `there is TLS where it is asked for, in the services' process alone`() throws {
        let direct = #""join": "192.0.2.1:5347", "tls": "direct""#
        #expect(try UplinkTLS(settings(direct)) != nil)
        #expect(try UplinkTLS(settings(direct, .main)) == nil)
        #expect(try UplinkTLS(settings(#""join": "192.0.2.1:5347""#)) == nil)
    }

    @Test(arguments: [
        (#""tls": "direct", "join": "192.0.2.1:5347""#, "192.0.2.1"),
        (
            #""tls": "direct", "join": "192.0.2.1:5347", "name": "montague.example""#,
            "montague.example"
        ),
        (#""tls": "direct", "name": "bücher.example""#, "xn--bcher-kva.example"),
    ])
    func `the certificate must be for the host that is joined, unless a name is given`(
        text: String,
        name: String
    ) throws {
        let tls = try #require(try UplinkTLS(settings(text)))
        guard case .client(let serverName, _, _, _, let checksName) = tls.role else {
            Issue.record("it is not the side that connects")
            return
        }
        #expect(serverName == name && checksName)
    }

    @Test func `authorities that cannot be read are a fault`() {
        #expect(throws: (any Error).self) {
            try UplinkTLS(settings(#""tls": "direct", "authorities": "/nowhere/at/all.pem""#))
        }
    }

    @Test func `there is no STARTTLS`() {
        #expect(throws: ConfigError.self) { try settings(#""tls": "starttls""#) }
    }
}

struct UplinkPaceTests {
    private func rests(_ count: Int, isRefused: Bool = false, chance: Double = 0.5) -> [Duration] {
        var pace = UplinkPace()
        return (0..<count).map { _ in pace.rest(isRefused: isRefused, chance: chance) }
    }

    @Test func `is twice as patient each time, up to a minute`() {
        let seconds = [1, 2, 4, 8, 16, 32, 60, 60, 60]
        #expect(rests(9) == seconds.map { .seconds($0) })
        #expect(rests(1_000).last == .seconds(60))
    }

    @Test func `gives or takes a quarter, by chance`() {
        #expect(rests(3, chance: 0) == [.milliseconds(750), .milliseconds(1_500), .seconds(3)])
        #expect(rests(2, chance: 1) == [.milliseconds(1_250), .milliseconds(2_500)])
    }

    @Test func `does not hurry where it was refused`() {
        #expect(rests(2, isRefused: true) == [.seconds(60), .seconds(60)])
    }

    @Test func `begins anew when the uplink has stood`() {
        var pace = UplinkPace()
        for _ in 0..<4 { _ = pace.rest(isRefused: false, chance: 0.5) }
        pace.succeed()
        #expect(pace.rest(isRefused: false, chance: 0.5) == .seconds(1))
    }
}
