import TestSupport
import Testing

@testable import MartletCrypto

@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    /// Two sessions joined by buffers.
    struct Conversation {
        var client: TLSSession
        var server: TLSSession
        var atClient: [UInt8] = []
        var atServer: [UInt8] = []
        var toServer: [UInt8] = []
        var toClient: [UInt8] = []

        init(
            _ client: TLSContext,
            _ server: TLSContext,
            name: String = "montague.example",
            offering: [String] = [],
            speaking: [String] = [],
            ticket: TLSTicket? = nil
        ) throws {
            self.client = try TLSSession(
                client,
                role: .client(serverName: name, applicationProtocols: offering, ticket: ticket)
            )
            self.server = try TLSSession(server, role: .server(applicationProtocols: speaking))
        }

        /// Carries bytes to and fro until neither has more, in pieces of `size` bytes.
        mutating func settle(pieces size: Int = .max) throws {
            try client.begin(output: &toServer)
            try exchange(pieces: size)
        }

        mutating func exchange(pieces size: Int = .max) throws {
            while !(toServer.isEmpty && toClient.isEmpty) {
                let out = take(&toServer, size)
                try out.withUnsafeBytes {
                    _ = try server.receive(
                        $0,
                        plaintext: { atServer += Array($0) },
                        output: &toClient
                    )
                }
                let back = take(&toClient, size)
                try back.withUnsafeBytes {
                    _ = try client.receive(
                        $0,
                        plaintext: { atClient += Array($0) },
                        output: &toServer
                    )
                }
            }
        }

        private func take(_ bytes: inout [UInt8], _ size: Int) -> [UInt8] {
            let piece = Array(bytes.prefix(size))
            bytes.removeFirst(piece.count)
            return piece
        }
    }

    private let romeo = TestIdentity.romeo
    private let juliet = TestIdentity.juliet

    private func server(
        _ change: (inout TLSServerSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        let identity = try #require(romeo.identity)
        var settings = TLSServerSettings(identities: TLSIdentities(fallback: identity))
        change(&settings)
        return try TLSContext(server: settings)
    }

    private func client(
        _ change: (inout TLSClientSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        var settings = TLSClientSettings()
        settings.trust = .pem(romeo.certificate)
        change(&settings)
        return try TLSContext(client: settings)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3], [1, 7, Int.max])
    func `carries bytes both ways, cut anywhere`(version: TLSVersion, size: Int) throws {
        var talk = try Conversation(
            client { $0.versions = version...version },
            server()
        )
        try talk.settle(pieces: size)
        #expect(talk.client.state == .open)
        #expect(talk.server.state == .open)
        let sent = [UInt8]((0..<40_000).map { UInt8(truncatingIfNeeded: $0 * 7) })
        try sent.withUnsafeBytes { try talk.client.send($0, output: &talk.toServer) }
        try sent.withUnsafeBytes { try talk.server.send($0, output: &talk.toClient) }
        try talk.exchange(pieces: size)
        #expect(talk.atServer == sent)
        #expect(talk.atClient == sent)
        #expect(talk.client.info?.version == (version == .v1_2 ? "TLSv1.2" : "TLSv1.3"))
        #expect(talk.client.info?.peerVerification == .valid)
        #expect(talk.server.info?.serverName == "montague.example")
        talk.client.close(output: &talk.toServer)
        try talk.exchange()
        #expect(talk.server.state == .peerClosed)
        #expect(talk.client.state == .open)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `has the same channel bindings at both ends`(version: TLSVersion) throws {
        var talk = try Conversation(client { $0.versions = version...version }, server())
        try talk.settle()
        let (mine, theirs) = (talk.client.info, talk.server.info)
        #expect(mine?.exporter?.count == (version == .v1_3 ? 32 : nil))
        #expect(mine?.exporter == theirs?.exporter)
        #expect(mine?.unique?.count == (version == .v1_2 ? 12 : nil))
        #expect(mine?.unique == theirs?.unique)
        #expect(mine?.serverEndPoint?.count == 32)
        #expect(mine?.serverEndPoint == theirs?.serverEndPoint)
        #expect(mine?.peerCertificates.first == romeo.identity?.certificateDER)
    }

    @Test(arguments: [
        ("capulet.example", "juliet"), ("CAPULET.EXAMPLE", "juliet"),
        ("verona.montague.example", "romeo"), ("a.verona.montague.example", "nobody"),
        ("paris.example", "nobody"),
    ])
    func `chooses the certificate by name, wildcard, or not at all`(
        name: String,
        whose: String
    ) throws {
        let context = try server {
            $0.identities = TLSIdentities(
                [
                    "Capulet.example": juliet.identity, "*.montague.example": romeo.identity,
                ].compactMapValues { $0 }
            )
        }
        var talk = try Conversation(client { $0.verifiesPeer = false }, context, name: name)
        guard whose != "nobody" else {
            #expect(throws: TLSFault.self) { try talk.settle() }
            return
        }
        try talk.settle()
        let expected = whose == "romeo" ? romeo.identity : juliet.identity
        #expect(talk.client.info?.peerCertificates.first == expected?.certificateDER)
        #expect(talk.server.info?.serverEndPoint == talk.client.info?.serverEndPoint)
    }

    @Test func `shows the fallback to who asks for an address`() throws {
        var talk = try Conversation(client { $0.verifiesPeer = false }, server(), name: "192.0.2.1")
        try talk.settle()
        #expect(talk.client.info?.peerCertificates.first == romeo.identity?.certificateDER)
        #expect(talk.server.info?.serverName == nil)
    }

    @Test func `refuses a server whose certificate is for another name, or not trusted`() throws {
        var other = try Conversation(client(), server(), name: "capulet.example")
        #expect(throws: TLSFault("certificate verify failed: hostname mismatch")) {
            try other.settle()
        }
        var untrusted = try Conversation(
            client { $0.trust = .pem(juliet.certificate) },
            server()
        )
        #expect(throws: TLSFault("certificate verify failed: self-signed certificate")) {
            try untrusted.settle()
        }
        var unverified = try Conversation(
            client {
                $0.trust = .pem(juliet.certificate)
                $0.verifiesPeer = false
            },
            server()
        )
        try unverified.settle()
        #expect(unverified.client.info?.peerVerification == .invalid("self-signed certificate"))
    }

    @Test func `agrees on a protocol, or refuses`() throws {
        var talk = try Conversation(
            client(),
            server(),
            offering: ["h2", "xmpp-client"],
            speaking: ["xmpp-client"]
        )
        try talk.settle()
        #expect(talk.client.info?.applicationProtocol == "xmpp-client")
        #expect(talk.server.info?.applicationProtocol == "xmpp-client")
        var silent = try Conversation(client(), server(), speaking: ["xmpp-client"])
        try silent.settle()
        #expect(silent.server.info?.applicationProtocol == nil)
        var ignored = try Conversation(client(), server(), offering: ["h2"])
        try ignored.settle()
        #expect(ignored.client.info?.applicationProtocol == nil)
        var stranger = try Conversation(
            client(),
            server(),
            offering: ["h2"],
            speaking: ["xmpp-client"]
        )
        #expect(throws: TLSFault.self) { try stranger.settle() }
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `resumes a session by its ticket, with the right bindings`(version: TLSVersion) throws {
        let there = try server {
            $0.identities = TLSIdentities(
                ["montague.example": romeo.identity].compactMapValues { $0 },
                fallback: juliet.identity
            )
        }
        let here = try client { $0.versions = version...version }
        var first = try Conversation(here, there)
        try first.settle()
        #expect(first.client.info?.isResumed == false)
        let ticket = try #require(first.client.ticket)
        var second = try Conversation(here, there, ticket: ticket)
        try second.settle()
        #expect(second.client.info?.isResumed == true)
        #expect(second.server.info?.isResumed == true)
        #expect(second.client.info?.serverEndPoint == second.server.info?.serverEndPoint)
        #expect(second.client.info?.exporter == second.server.info?.exporter)
        #expect(second.client.info?.unique == second.server.info?.unique)
        let ours = [first, second].map { $0.client.info?.exporter ?? $0.client.info?.unique }
        #expect(ours[0] != nil)
        #expect(ours[0] != ours[1])
        #expect(second.client.info?.peerVerification == .valid)
    }

    @Test func `shows new certificates to new connections alone`() throws {
        let there = try server()
        let here = try client { $0.verifiesPeer = false }
        var old = try Conversation(here, there)
        try old.settle()
        there.replaceIdentities(TLSIdentities(fallback: juliet.identity))
        var new = try Conversation(here, there)
        try new.settle()
        #expect(new.client.info?.peerCertificates.first == juliet.identity?.certificateDER)
        #expect(old.server.info?.serverEndPoint == old.client.info?.serverEndPoint)
        try [1, 2, 3].withUnsafeBytes { try old.server.send($0, output: &old.toClient) }
        try old.exchange()
        #expect(!old.atClient.isEmpty)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `tells what a client's certificate is worth`(version: TLSVersion) throws {
        let there = try server {
            $0.requestsPeerCertificate = true
            $0.trust = .pem(juliet.certificate)
            $0.versions = version...version
        }
        for (identity, expected) in [
            (juliet.identity, TLSInfo.PeerVerification.valid),
            (romeo.identity, .invalid("self-signed certificate")),
            (nil, .noCertificate),
        ] {
            var talk = try Conversation(client { $0.identity = identity }, there)
            try talk.settle()
            #expect(talk.server.info?.peerVerification == expected)
            let shown = identity.map { [$0.certificateDER] } ?? []
            #expect(talk.server.info?.peerCertificates == shown)
        }
    }

    @Test func `refuses TLS 1_1 with the alert for it`() throws {
        let session = try TLSSession(server(), role: .server())
        // A ClientHello of TLS 1.1 with one cipher suite, no extensions.
        let body: [UInt8] =
            [3, 2] + [UInt8](repeating: 9, count: 32) + [0, 0, 2, 0xC0, 0x13, 1, 0]
        let message: [UInt8] = [1, 0, 0, UInt8(body.count)] + body
        let record: [UInt8] = [22, 3, 1, 0, UInt8(message.count)] + message
        var output: [UInt8] = []
        #expect(throws: TLSFault("unsupported protocol")) {
            _ = try record.withUnsafeBytes {
                try session.receive($0, plaintext: { _ in }, output: &output)
            }
        }
        #expect(output == [21, 3, 2, 0, 2, 2, 70])  // fatal, protocol_version
    }

    @Test(arguments: [
        "<stream:stream to='montague.example'>", "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}",
    ])
    func `refuses what is no handshake, and gives none of it on`(text: String) throws {
        let session = try TLSSession(server(), role: .server())
        let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 100)
        var output: [UInt8] = []
        var plaintext = 0
        for _ in 0..<2 {
            #expect(throws: TLSFault.self) {
                try bytes.withUnsafeBytes {
                    try session.receive($0, plaintext: { plaintext += $0.count }, output: &output)
                }
            }
        }
        #expect(plaintext == 0)
        #expect(session.info == nil)
    }

    @Test func `gives up on a handshake without end`() throws {
        let session = try TLSSession(server(), role: .server())
        // A ClientHello that says it is 131,000 bytes long, in records of 16,000.
        var output: [UInt8] = []
        var sent = 0
        let fault = #expect(throws: TLSFault.self) {
            for number in 0..<9 {
                let start: [UInt8] = number == 0 ? [1, 1, 0xFF, 0xB8, 3, 3] : []
                let body = start + [UInt8](repeating: 0, count: 16_000 - start.count)
                let record: [UInt8] = [22, 3, 1, 0x3E, 0x80] + body
                sent += record.count
                _ = try record.withUnsafeBytes {
                    try session.receive($0, plaintext: { _ in }, output: &output)
                }
            }
        }
        #expect(fault == .handshakeTooLarge)
        #expect(sent <= 81_000)
    }

    @Test func `names what is wrong with a certificate`() throws {
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        #expect(throws: TLSSettingsError("certificate", "no start line")) {
            try TLSIdentity(certificatePEM: "nonsense", keyPEM: key)
        }
        #expect(throws: TLSSettingsError("/nowhere.pem", "No such file or directory")) {
            try TLSIdentity(certificatePath: "/nowhere.pem", keyPath: "/nowhere.pem")
        }
        #expect(throws: TLSSettingsError.self) {
            try TLSIdentity(certificatePEM: romeo.certificate, keyPEM: key)
        }
    }
}
