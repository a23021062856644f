import TestSupport
import Testing

@testable import MartletCrypto

/// What one connection has for itself, on top of its context.
@Suite(.timeLimit(.minutes(5)))
struct RoleTests {
    private let romeo = TestIdentity.romeo
    private let juliet = TestIdentity.juliet

    private func server(_ change: (inout TLSServerSettings) -> Void = { _ in }) throws
        -> TLSContext
    {
        let identities = ["montague.example": romeo.identity, "capulet.example": juliet.identity]
            .compactMapValues { $0 }
        var settings = TLSServerSettings(
            identities: TLSIdentities(identities, fallback: romeo.identity)
        )
        change(&settings)
        return try TLSContext(server: settings)
    }

    private func client(_ version: TLSVersion = .v1_3, verifies: Bool = false) throws -> TLSContext
    {
        var settings = TLSClientSettings()
        settings.verifiesPeer = verifies
        settings.trust = .pem(juliet.certificate)
        settings.versions = version...version
        return try TLSContext(client: settings)
    }

    private func meet(
        _ here: TLSContext,
        _ role: TLSRole,
        _ there: TLSContext,
        hint: String? = nil
    ) throws -> (client: TLSSession, server: TLSSession) {
        var talk = try TLSTests.Conversation(here, there)
        talk.client = try TLSSession(here, role: role)
        talk.server = try TLSSession(there, role: .server(hint: hint))
        try talk.settle()
        return (talk.client, talk.server)
    }

    @Test(arguments: [
        // The handshake's name counts first, the stream's where there is none of ours.
        ("capulet.example", nil, true), ("capulet.example", "montague.example", true),
        ("192.0.2.1", "Capulet.example.", true), ("192.0.2.1", "chat.capulet.example", true),
        ("xmpp.hosting.example", "capulet.example", true), ("192.0.2.1", nil, false),
        ("montague.example", "capulet.example", false), ("192.0.2.1", "verona.example", false),
        ("chat.capulet.example", nil, true), ("a.chat.capulet.example", nil, false),
    ])
    func `shows the certificate that the handshake asks for, else the stream`(
        name: String,
        hint: String?,
        isJuliet: Bool
    ) throws {
        let role = TLSRole.client(serverName: name)
        let (near, far) = try meet(client(), role, server(), hint: hint)
        let expected = isJuliet ? juliet.identity : romeo.identity
        #expect(near.info?.peerCertificates.first == expected?.certificateDER)
        #expect(near.info?.serverEndPoint == far.info?.serverEndPoint)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `gives tickets for the name that the stream has asked for alone`(
        version: TLSVersion
    ) throws {
        let (here, there) = (try client(version), try server())
        let first = try meet(
            here,
            .client(serverName: "192.0.2.1"),
            there,
            hint: "capulet.example"
        )
        let ticket: TLSTicket = try #require(first.client.ticket)
        let role = TLSRole.client(serverName: "192.0.2.1", ticket: ticket)
        let again = try meet(here, role, there, hint: "capulet.example")
        #expect(again.client.info?.isResumed == true)
        #expect(again.client.info?.serverEndPoint == again.server.info?.serverEndPoint)
        for hint in ["montague.example", nil] {
            let other = try meet(here, role, there, hint: hint)
            #expect(other.client.info?.isResumed == false)
            #expect(other.client.info?.serverEndPoint == other.server.info?.serverEndPoint)
        }
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `shows a certificate of its own from a context that has none`(version: TLSVersion) throws {
        let there = try server {
            $0.requestsPeerCertificate = true
            $0.trust = .pem(juliet.certificate)
        }
        let here = try client(version)
        for (identity, expected) in [
            (juliet.identity, TLSInfo.PeerVerification.valid),
            (romeo.identity, .invalid("self-signed certificate")), (nil, .noCertificate),
            (juliet.identity, .valid),
        ] {
            let role = TLSRole.client(serverName: "montague.example", identity: identity)
            let met = try meet(here, role, there)
            #expect(met.server.info?.peerVerification == expected)
            #expect(met.server.info?.peerCertificates.first == identity?.certificateDER)
        }
    }

    @Test func `judges the chain alone where names are not for OpenSSL`() throws {
        // Juliet's certificate is trusted, and shown for a name it is not for.
        let there = try server { $0.identities = TLSIdentities(fallback: juliet.identity) }
        let named = try meet(client(), .client(serverName: "verona.example"), there)
        #expect(named.client.info?.peerVerification == .invalid("hostname mismatch"))
        let role = TLSRole.client(serverName: "verona.example", checksName: false)
        let unnamed = try meet(client(), role, there)
        #expect(unnamed.client.info?.peerVerification == .valid)
        #expect(unnamed.server.info?.serverName == "verona.example")
        let address = TLSRole.client(serverName: "2001:db8::1", checksName: false)
        #expect(try meet(client(), address, there).server.info?.serverName == nil)
        #expect(throws: TLSFault("certificate verify failed: self-signed certificate")) {
            try meet(client(verifies: true), role, server())
        }
    }

    @Test func `refuses a name that no handshake can carry`() throws {
        let name = String(repeating: "a", count: 300)
        for checksName in [true, false] {
            #expect(throws: TLSFault("not a server name")) {
                try TLSSession(client(), role: .client(serverName: name, checksName: checksName))
            }
        }
    }

    @Test func `looks for a name, its wildcard and its parent before another's`() throws {
        let (romeo, juliet) = (try #require(romeo.identity), try #require(juliet.identity))
        let identities = TLSIdentities(
            ["a.example": romeo, "*.b.a.example": juliet, "c.a.example": juliet],
            fallback: juliet
        )
        #expect(identities.identity(of: "b.a.example") === romeo)
        #expect(identities.identity(of: "x.b.a.example") === juliet)
        #expect(identities.identity(of: "C.A.example") === juliet)
        #expect(identities.identity(of: "x.y.a.example") == nil)
        #expect(identities.identity(of: "example") == nil)
        #expect(identities.ownIdentity(of: "b.a.example") == nil)
        #expect(identities.identity(for: nil) === juliet)
        #expect(identities.identity(for: nil, else: "b.a.example") === romeo)
    }

    @Test func `knows whether the system trusts anyone`() throws {
        let made = Command.run(["mktemp", "-d"])
        let folder = made.said.split(separator: "\n").joined()
        try #require(made.status == 0)
        defer { _ = Command.run(["rm", "-r", folder]) }
        _ = Command.run(
            ["sh", "-c", "mkdir none some; : > empty; echo x > full; : > none/README"],
            in: folder
        )
        #expect(!TLSTrust.hasAuthorities(file: "\(folder)/away", folders: "\(folder)/away"))
        #expect(!TLSTrust.hasAuthorities(file: "\(folder)/empty", folders: "\(folder)/none"))
        #expect(TLSTrust.hasAuthorities(file: "\(folder)/full", folders: ""))
        _ = Command.run(["sh", "-c", ": > some/0a1b2c3d.0"], in: folder)
        let folders = "\(folder)/none:\(folder)/some"
        #expect(TLSTrust.hasAuthorities(file: "\(folder)/away", folders: folders))
    }
}
