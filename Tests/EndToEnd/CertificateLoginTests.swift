import MartletCore
import MartletCrypto
import MartletServer
import MartletXML
import Testing

/// SASL EXTERNAL: who a certificate speaks for, and who it does not (attacks 23).
@Suite(.timeLimit(.minutes(5)))
struct CertificateLoginTests {
    /// An address in a certificate (RFC 6120 §13.7.1.4).
    private static func address(_ text: String) -> String {
        "otherName:1.3.6.1.5.5.7.8.5;UTF8:\(text)"
    }

    /// Runs a server that trusts the certificate, if it is to, and shows it the certificate.
    private func show(
        subject: String,
        names: String?,
        isTrusted: Bool,
        _ body: (RawClient, Element) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let shown = try ClientCertificate("shown", subject: subject, names: names, in: folder)
            let other = try ClientCertificate("other", subject: "/CN=x", names: nil, in: folder)
            try await show(shown, trusting: isTrusted ? shown : other, body)
        }
    }

    private func show(
        _ shown: ClientCertificate,
        trusting trusted: ClientCertificate,
        _ body: (RawClient, Element) async throws -> Void
    ) async throws {
        try await withServer {
            $0.tls.requestsClientCertificates = true
            $0.tls.clientAuthorities = trusted.path
        } _: { server in
            var settings = TLSClientSettings()
            settings.verifiesPeer = false
            settings.identity = shown.identity
            let client = try await RawClient.connect(to: server.direct, on: server.shard)
            try await client.startTLS(settings)
            try await body(client, try await client.open())
        }
    }

    private static let external = "<auth xmlns='\(Namespace.sasl)' mechanism='EXTERNAL'>=</auth>"

    private static func offers(_ features: Element) -> [String] {
        features.child("mechanisms", in: Namespace.sasl)?.children.map(\.text) ?? []
    }

    @Test
    func `a trusted certificate logs in whom it names`() async throws {
        let names = Self.address("romeo@montague.example")
        try await show(subject: "/CN=x", names: names, isTrusted: true) { client, features in
            #expect(Self.offers(features).contains("EXTERNAL"))
            await client.send(Self.external)
            try await client.expect("{\(Namespace.sasl)}success")
            try await client.open()
            try await client.bind("orchard")
            #expect(try await client.jid.description == "romeo@montague.example/orchard")
        }
    }

    @Test(arguments: [
        ("/CN=romeo@montague.example", nil),
        ("/OU=CN=romeo@montague.example/CN=x", nil),
        ("/CN=romeo@montague.example", "DNS:montague.example"),
        ("/CN=x", "email:romeo@montague.example"),
        ("/CN=x", address("romeo@*.example")),
    ])
    func `one that names nobody here is not enough`(subject: String, names: String?) async throws {
        try await show(subject: subject, names: names, isTrusted: true) { client, features in
            #expect(!Self.offers(features).contains("EXTERNAL"))
            await client.send(Self.external)
            try await client.expectFailure("invalid-mechanism")
        }
    }

    @Test(arguments: ["juliet@capulet.example", "montague.example"])
    func `one that names another is not enough`(name: String) async throws {
        try await show(subject: "/CN=x", names: Self.address(name), isTrusted: true) {
            (client, features) in
            #expect(!Self.offers(features).contains("EXTERNAL"))
            await client.send(Self.external)
            try await client.expectFailure("invalid-mechanism")
        }
    }

    @Test
    func `one that nobody vouches for is not enough`() async throws {
        let names = Self.address("romeo@montague.example")
        try await show(subject: "/CN=x", names: names, isTrusted: false) { client, features in
            #expect(!Self.offers(features).contains("EXTERNAL"))
            await client.send(Self.external)
            try await client.expectFailure("invalid-mechanism")
        }
    }

    /// Shows a certificate that is trusted, and says whether it logs in.
    private func expect(
        _ names: String,
        from: String = "20200101",
        until: String = "20991231",
        toLogIn isGood: Bool
    ) async throws {
        try await withFolder { folder in
            let shown = try ClientCertificate(
                "shown",
                names: names,
                from: from,
                until: until,
                in: folder
            )
            try await show(shown, trusting: shown) { client, features in
                #expect(Self.offers(features).contains("EXTERNAL") == isGood)
                await client.send(Self.external)
                if isGood {
                    try await client.expect("{\(Namespace.sasl)}success")
                } else {
                    try await client.expectFailure("invalid-mechanism")
                }
            }
        }
    }

    /// The first is good today, which shows that it is the dates that tell.
    @Test(arguments: [
        ("20200101", "20991231", true), ("20200101", "20200102", false),
        ("20980101", "20991231", false),
    ])
    func `one is good within its dates alone`(from: String, until: String, isGood: Bool)
        async throws
    {
        let names = Self.address("romeo@montague.example")
        try await expect(names, from: from, until: until, toLogIn: isGood)
    }

    /// The address that C would read ends at the NUL; the first, without any, shows that it is that.
    @Test(arguments: [("", true), ("\0", false), ("\0.verona.example", false)])
    func `an address is read to its end, whatever stands in it`(tail: String, isGood: Bool)
        async throws
    {
        let address = Hex.encode(Array("romeo@montague.example\(tail)".utf8))
        // As a UTF8String that the command does not look at; a comma begins no other name here.
        let names = """
            @names_of_romeo
            [names_of_romeo]
            otherName = 1.3.6.1.5.5.7.8.5;IMPLICIT:12U,FORMAT:HEX,OCT:\(address)
            """
        try await expect(names, toLogIn: isGood)
    }

    @Test
    func `one does not log in as somebody else`() async throws {
        let names = Self.address("romeo@montague.example")
        try await show(subject: "/CN=x", names: names, isTrusted: true) { client, _ in
            let other = Base64.encode(Array("mercutio@montague.example".utf8))
            await client.send(
                "<auth xmlns='\(Namespace.sasl)' mechanism='EXTERNAL'>\(other)</auth>"
            )
            try await client.expectFailure("invalid-authzid")
        }
    }
}
