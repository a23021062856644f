import Foundation
import MartletCore
import MartletCrypto
import MartletStreams
import TestSupport
import Testing

@testable import MartletServer

/// A certificate that a peer shows, and what it must come to (attack 23).
struct ShownCertificate: Sendable, CustomTestStringConvertible {
    enum Signer: Sendable { case trusted, stranger }

    let testDescription: String
    var claim = "capulet.example"
    var subject = "capulet.example"
    var names: String?
    var from = "20260101"
    var until = "21260101"
    var uses = "serverAuth,clientAuth"
    var signer = Signer.trusted
    /// What is said of it when it does not prove the claim; nil when it does.
    var reason: String?

    private static let address = "otherName:1.3.6.1.5.5.7.8.5;UTF8:"
    private static let service = "otherName:1.3.6.1.5.5.7.8.7;IA5:"

    static let all = [
        Self(testDescription: "dNSName", names: "DNS:Capulet.example"),
        Self(testDescription: "SRVName alone", names: "\(service)_xmpp-server.capulet.example"),
        Self(testDescription: "xmppAddr alone", names: "\(address)capulet.example"),
        Self(
            testDescription: "wildcard",
            claim: "chat.capulet.example",
            names: "DNS:*.capulet.example"
        ),
        Self(
            testDescription: "IDNA",
            claim: "bücher.example",
            names: "DNS:xn--bcher-kva.example"
        ),
        Self(
            testDescription: "common name alone",
            reason: "its certificate has none of the names by which servers are known,"
                + " of which a common name is none"
        ),
        Self(
            testDescription: "common name, and another's dNSName",
            names: "DNS:evil.example",
            reason: "its certificate is for evil.example, not for capulet.example"
        ),
        Self(
            testDescription: "xmppAddr of another",
            names: "\(address)verona.example",
            reason: "its certificate is for verona.example, not for capulet.example"
        ),
        Self(
            testDescription: "xmppAddr of a user",
            names: "\(address)juliet@capulet.example",
            reason: "its certificate is for juliet@capulet.example, not for capulet.example"
        ),
        Self(
            testDescription: "SRVName for clients",
            names: "\(service)_xmpp-client.capulet.example",
            reason: "its certificate is for _xmpp-client.capulet.example, not for capulet.example"
        ),
        Self(
            testDescription: "wildcard above the public's",
            names: "DNS:*.example",
            reason: "its certificate is for *.example, not for capulet.example"
        ),
        Self(
            testDescription: "wildcard for the domain itself",
            names: "DNS:*.capulet.example",
            reason: "its certificate is for *.capulet.example, not for capulet.example"
        ),
        Self(
            testDescription: "wildcards that are none",
            names: "DNS:*,DNS:c*.example,DNS:capulet.*,DNS:*.*.example,DNS:*",
            reason: "its certificate is for *, c*.example, capulet.*, *.*.example,"
                + " not for capulet.example"
        ),
        Self(
            testDescription: "wildcards elsewhere than whole and first",
            claim: "chat.capulet.example",
            names: "DNS:c*.capulet.example,DNS:*t.capulet.example,DNS:chat.*.example,"
                + "DNS:*.*.example,DNS:xn--*.capulet.example",
            reason: "its certificate is for c*.capulet.example, *t.capulet.example,"
                + " chat.*.example, *.*.example and 1 others, not for chat.capulet.example"
        ),
        Self(
            testDescription: "wildcard for two labels",
            claim: "a.chat.capulet.example",
            names: "DNS:*.capulet.example",
            reason: "its certificate is for *.capulet.example, not for a.chat.capulet.example"
        ),
        Self(
            testDescription: "IPv4 address",
            claim: "192.0.2.7",
            subject: "x",
            names: "DNS:capulet.example,IP:192.0.2.7"
        ),
        Self(
            testDescription: "IPv6 address",
            claim: "[2001:db8::7]",
            subject: "x",
            names: "IP:2001:DB8:0:0::7"
        ),
        Self(
            testDescription: "another address",
            claim: "192.0.2.7",
            subject: "192.0.2.7",
            names: "IP:192.0.2.8,IP:::ffff:192.0.2.7",
            reason: "its certificate is for 192.0.2.8, ::ffff:192.0.2.7,"
                + " not for the address 192.0.2.7"
        ),
        Self(
            testDescription: "address as a name",
            claim: "192.0.2.7",
            names: "DNS:192.0.2.7,DNS:*.0.2.7,\(service)_xmpp-server.192.0.2.7",
            reason: "its certificate is for 192.0.2.7, *.0.2.7, _xmpp-server.192.0.2.7,"
                + " not for the address 192.0.2.7"
        ),
        Self(
            testDescription: "IPv6 address as a name",
            claim: "[2001:db8::7]",
            names: "DNS:2001:db8::7",
            reason: "its certificate is for 2001:db8::7, not for the address 2001:db8::7"
        ),
        Self(
            testDescription: "address of a name",
            names: "IP:192.0.2.7",
            reason: "its certificate is for 192.0.2.7, not for capulet.example"
        ),
        Self(
            testDescription: "an xmppAddr of the wrong type",
            names: "otherName:1.3.6.1.5.5.7.8.5;IA5:capulet.example,DNS:capulet.example",
            reason: "its certificate is of no use: a name in it is malformed"
        ),
        Self(
            testDescription: "expired",
            names: "DNS:capulet.example",
            from: "20240101",
            until: "20250101",
            reason: "its certificate expired on 2025-01-01"
        ),
        Self(
            testDescription: "not valid yet",
            names: "DNS:capulet.example",
            from: "21000101",
            reason: "its certificate is not valid before 2100-01-01"
        ),
        Self(
            testDescription: "signed by a stranger",
            names: "DNS:capulet.example",
            signer: .stranger,
            reason: "no authority that we trust vouches for its certificate: "
                + "unable to get local issuer certificate"
        ),
    ]
}

/// What streams between servers find out about each other's certificates, both ways.
@Suite(.timeLimit(.minutes(5)))
struct PeerCertificateTests {
    private let ours = try? JID("montague.example")

    /// What a server that believes the authority speaks TLS by.
    private func security(
        of domains: [String],
        trusting authority: TestAuthority,
        in folder: String,
        change: (inout ServerSettings) -> Void = { _ in }
    ) throws -> S2STLS {
        var settings = ServerSettings()
        settings.domains = domains.map { DomainSettings($0) }
        settings.tls.folder = "\(folder)/certificates"
        settings.s2s.authorities = "\(folder)/authorities.pem"
        try Data(authority.certificate.utf8)
            .write(to: URL(fileURLWithPath: "\(folder)/authorities.pem"))
        change(&settings)
        let certificates = try ServerCertificates(settings, log: LogBook().logger)
        return try S2STLS(settings, certificates: certificates)
    }

    private var now: Int64 { Int64(Date().timeIntervalSince1970) }

    @Test(arguments: ShownCertificate.all)
    func `believes a certificate for its names by an authority alone`(
        shown: ShownCertificate
    ) async throws {
        let authority = try await TestAuthority("Verona")
        let signer = shown.signer == .trusted ? authority : try await TestAuthority("Stranger")
        let identity = try await signer.issue(
            subject: shown.subject,
            names: shown.names,
            from: shown.from,
            until: shown.until
        )
        let claim = try JID(shown.claim)
        let ours = try #require(ours)
        try await inFolder { folder in
            let here = try security(of: ["montague.example"], trusting: authority, in: folder)
            let server = try #require(here.server)
            var settings = TLSServerSettings(identities: TLSIdentities(fallback: identity))
            settings.trust = .pem(authority.certificate)
            let there = try TLSContext(server: settings)
            let pair = DomainPair(sender: ours, target: claim)
            let outgoing = try Handshake(
                from: (here.client, here.clientRole(for: pair, isDirect: false)),
                to: (there, .server())
            )
            var elsewhere = TLSClientSettings()
            elsewhere.verifiesPeer = false
            elsewhere.identity = identity
            let incoming = try Handshake(
                from: (TLSContext(client: elsewhere), .client(serverName: "montague.example")),
                to: (server, here.serverRole(for: ours, isDirect: false))
            )
            for info in [outgoing.near.info, incoming.far.info] {
                let peer = PeerIdentity(info, atUnixTime: now)
                #expect(peer.proves(claim) == (shown.reason == nil))
                let told = peer.explanation(for: claim)
                #expect(
                    told == shown.reason
                        ?? "its certificate is for \(shown.claim), by an authority that we trust, "
                        + "until 2126-01-01"
                )
                #expect(!peer.proves(ours), "it is nobody else's")
                guard let certificate = peer.certificate else { continue }
                #expect(peer.proves(claim, pins: [certificate.fingerprint]))
            }
        }
    }

    @Test func `takes certificates that are for servers alone, which clients' are not`()
        async throws
    {
        let authority = try await TestAuthority("Verona")
        let capulet = try JID("capulet.example")
        for (uses, isBelieved) in [("serverAuth", (true, true)), ("clientAuth", (false, true))] {
            let identity = try await authority.issue(
                subject: "capulet.example",
                names: "DNS:capulet.example",
                uses: uses
            )
            try await inFolder { folder in
                let here = try security(of: ["montague.example"], trusting: authority, in: folder)
                let there = try TLSContext(
                    server: TLSServerSettings(identities: TLSIdentities(fallback: identity))
                )
                let pair = DomainPair(sender: try #require(ours), target: capulet)
                let outgoing = try Handshake(
                    from: (here.client, here.clientRole(for: pair, isDirect: false)),
                    to: (there, .server())
                )
                #expect(
                    PeerIdentity(outgoing.near.info, atUnixTime: now).proves(capulet)
                        == isBelieved.0
                )
                var elsewhere = TLSClientSettings()
                elsewhere.verifiesPeer = false
                elsewhere.identity = identity
                let incoming = try Handshake(
                    from: (TLSContext(client: elsewhere), .client(serverName: "montague.example")),
                    to: (try #require(here.server), here.serverRole(for: ours, isDirect: true))
                )
                #expect(
                    PeerIdentity(incoming.far.info, atUnixTime: now).proves(capulet)
                        == isBelieved.1
                )
            }
        }
    }

    @Test func `shows and asks for the certificates of the two domains of a pair`() async throws {
        let authority = try await TestAuthority("Verona")
        let names = ["montague.example", "bücher.example"]
        try await inFolder { folder in
            try FileManager.default.createDirectory(
                atPath: "\(folder)/certificates",
                withIntermediateDirectories: true
            )
            for name in names {
                let ascii = try JID(name).asciiDomainpart
                let made = try await authority.sign(subject: "x", names: "DNS:\(ascii)")
                try Data((made.certificate + made.key).utf8)
                    .write(to: URL(fileURLWithPath: "\(folder)/certificates/\(name).pem"))
            }
            let tls = try security(of: names, trusting: authority, in: folder)
            let server = try #require(tls.server)
            let (montague, books) = (try JID(names[0]), try JID(names[1]))
            for pair in [
                DomainPair(sender: montague, target: books),
                DomainPair(sender: books, target: montague),
                DomainPair(sender: try JID("chat.bücher.example"), target: montague),
            ] {
                let made = try Handshake(
                    from: (tls.client, tls.clientRole(for: pair, isDirect: true)),
                    to: (server, tls.serverRole(for: nil, isDirect: true))
                )
                #expect(made.near.info?.applicationProtocol == "xmpp-server")
                #expect(PeerIdentity(made.near.info, atUnixTime: now).proves(pair.target))
                let owner = pair.sender.domainpart.hasSuffix(names[1]) ? books : montague
                #expect(PeerIdentity(made.far.info, atUnixTime: now).proves(owner))
                #expect(tls.hasCertificate(for: pair.sender))
            }
            #expect(!tls.hasCertificate(for: try JID("verona.example")))
            let nameless = try Handshake(
                from: (tls.client, .client(serverName: "192.0.2.1", checksName: false)),
                to: (server, tls.serverRole(for: books, isDirect: false))
            )
            #expect(PeerIdentity(nameless.near.info, atUnixTime: now).proves(books))
            let stranger = PeerIdentity(nameless.far.info, atUnixTime: now)
            #expect(stranger.explanation(for: montague) == "it showed no certificate")
        }
    }

    @Test func `goes out by TLS where it has none for those who come in`() async throws {
        let authority = try await TestAuthority("Verona")
        try await inFolder { folder in
            let tls = try security(of: ["montague.example"], trusting: authority, in: folder) {
                $0.tls.folder = nil
            }
            #expect(tls.server == nil)
            #expect(!tls.hasCertificate(for: try #require(ours)))
            #expect(throws: TLSSettingsError.self) {
                try security(of: ["montague.example"], trusting: authority, in: folder) {
                    $0.s2s.authorities = "\(folder)/nowhere.pem"
                }
            }
        }
    }
}
