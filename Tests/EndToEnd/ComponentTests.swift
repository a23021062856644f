import MartletCore
import MartletCrypto
import MartletNet
import MartletStreams
import Testing

@testable import MartletServer

/// Components over sockets: with TLS from the first byte, or from networks that are said to be safe.
@Suite(.timeLimit(.minutes(5)))
struct ComponentTests {
    private static let plays = "plays.montague.example"
    private static let secret = "rosemary"

    /// A server with a listener for components on all addresses of the machine.
    private func withComponents(
        _ terms: ComponentListenerTerms = ComponentListenerTerms(isDirect: true),
        _ change: (inout ServerSettings) -> Void = { _ in },
        _ body: (TestServer, SocketAddress) async throws -> Void
    ) async throws {
        try await withServer { settings in
            let place = SocketAddress.any(port: 0, isIPv6: false)
            settings.listeners.append(ListenerSettings(place, terms: .components(terms)))
            let own = ComponentSettings(secret: Secret(Array(Self.secret.utf8)))
            settings.components[Self.plays] = own
            change(&settings)
        } _: { server in
            try await body(server, try #require(server.others.first))
        }
    }

    private func header(to domain: String = plays) -> String {
        "<stream:stream xmlns='jabber:component:accept'"
            + " xmlns:stream='http://etherx.jabber.org/streams' to='\(domain)'>"
    }

    /// Opens a stream, and shows a secret.
    private func open(_ component: RawClient, secret: String = Self.secret) async throws {
        await component.send(header())
        let id = try #require(try await component.expectHeader().id)
        let handshake = ComponentHandshake(id: id, secret: Array(secret.utf8))
        await component.send("<handshake>\(handshake.digest)</handshake>")
    }

    @Test(arguments: [[], ["xmpp-client"], ["xmpp-server", "h2"]])
    func `serves over TLS as it would without`(protocols: [String]) async throws {
        try await withComponents { server, place in
            let component = try await RawClient.connect(to: place, on: server.shard)
            try await component.startTLS(protocols: protocols)
            let tls = try #require(await component.tls)
            #expect(tls.version == "TLSv1.3" && tls.peerVerification == .valid)
            #expect(tls.applicationProtocol == nil)
            try await open(component)
            #expect(try await component.element().name == "handshake")
            let romeo = try await server.login("romeo@montague.example", resource: "orchard")
            await romeo.send("<message to='\(Self.plays)' id='m1'><body>ho</body></message>")
            try await component.expect("message[@id='m1'][@from='romeo@montague.example/orchard']")
            await component.send(
                "<message from='hamlet@\(Self.plays)' to='romeo@montague.example/orchard' id='m2'/>"
            )
            try await romeo.expect("message[@id='m2'][@from='hamlet@\(Self.plays)']")
            let line = try await server.log.first("component serves")
            #expect(line.facts["component"] == Self.plays && line.facts["tls"] == "TLSv1.3")
            await component.hangUp()
            await romeo.send("<message to='\(Self.plays)' id='m3'><body>gone?</body></message>")
            try await romeo.expectError("cancel", "service-unavailable", id: "m3")
        }
    }

    @Test func `shows the certificate of the domain that is asked for`() async throws {
        try await withComponents { server, place in
            for name in ["montague.example", "capulet.example"] {
                let component = try await RawClient.connect(to: place, on: server.shard)
                try await component.startTLS(name: name)
                let shown = try #require(await component.tls?.peerCertificates.first)
                #expect(try Certificate(der: shown).dnsNames == [name])
                await component.cut()
            }
        }
    }

    @Test func `is sent away over TLS for the same reasons`() async throws {
        try await withComponents { server, place in
            let liar = try await RawClient.connect(to: place, on: server.shard)
            try await liar.startTLS()
            try await open(liar, secret: "thyme")
            try await liar.expectStreamError("not-authorized")
            let stranger = try await RawClient.connect(to: place, on: server.shard)
            try await stranger.startTLS()
            await stranger.send(header(to: "montague.example"))
            try await stranger.expectStreamError("host-unknown")
        }
    }

    @Test func `gets no word without TLS where TLS comes first`() async throws {
        try await withComponents { server, place in
            let plain = try await RawClient.connect(to: place, on: server.shard)
            await plain.send(header())
            try await plain.ended()
            let heard = await plain.received
            #expect(!heard.contains(UInt8(ascii: "<")), "\(heard)")
        }
    }

    @Test(arguments: [[], [22, 3, 1, 2, 0, 1]] as [[UInt8]])
    func `has so long for its handshake and no longer`(greeting: [UInt8]) async throws {
        try await withComponents {
            $0.clients.tlsTime = .seconds(1)
        } _: { server, place in
            let silent = try await RawClient.connect(to: place, on: server.shard)
            await silent.send(greeting)
            try await silent.ended()
            #expect(await !silent.received.contains(UInt8(ascii: "<")))
        }
    }

    @Test func `comes without TLS where that is said to be safe`() async throws {
        try await withComponents(ComponentListenerTerms(isInsecure: true)) { server, place in
            let component = try await RawClient.connect(to: place, on: server.shard)
            try await open(component)
            #expect(try await component.element().name == "handshake")
            await component.hangUp()
        }
    }

    @Test func `sends no stanza over the limit, and nobody else is harmed`() async throws {
        try await withComponents {
            $0.components[Self.plays]?.stanzaBytes = 20_000
        } _: { server, place in
            let component = try await RawClient.connect(to: place, on: server.shard)
            try await component.startTLS()
            try await open(component)
            #expect(try await component.element().name == "handshake")
            let body = String(repeating: "o", count: 20_000)
            await component.send(
                "<message from='\(Self.plays)' to='romeo@montague.example'><body>\(body)</body>"
            )
            let error = try await component.expectStreamError("policy-violation")
            #expect(
                error.child("text", in: Namespace.streamErrors)?.text
                    == "over the limit: stanzaBytes"
            )
        }
    }
}
