import MartletCore
import Testing

@testable import MartletSASL

@Suite struct OfferTests {
    private func offer(
        isProtected: Bool = true,
        bindings: [ChannelBinding] = [],
        certificate: [JID] = [],
        without names: [SASLMechanismName] = []
    ) -> SASLServerOffer {
        SASLServerOffer(
            domain: "montague.example",
            enabled: SASLMechanismName.known.filter { !names.contains($0) },
            isProtected: isProtected,
            bindings: bindings,
            certificateIdentities: certificate,
            decoy: decoy
        )
    }

    @Test func `offers the strongest first, by what the connection has`() {
        let romeo = JID(prepared: "romeo", "montague.example")
        #expect(
            offer(bindings: [exporter], certificate: [romeo]).mechanisms.map(\.rawValue) == [
                "EXTERNAL", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
                "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "ANONYMOUS",
            ]
        )
        #expect(
            offer(without: [.anonymous]).mechanisms
                == [.scramSHA512, .scramSHA256, .scramSHA1, .plain]
        )
        #expect(
            offer(isProtected: false).mechanisms
                == [.scramSHA512, .scramSHA256, .scramSHA1, .anonymous]
        )
    }

    @Test func `offers EXTERNAL for a certificate of a user of this domain alone`() throws {
        let romeo = JID(prepared: "romeo", "montague.example")
        let strangers = [
            JID(prepared: "juliet", "capulet.example"), JID(prepared: nil, "montague.example"),
            romeo.with(preparedResource: "orchard"),
        ]
        let foreign = offer(certificate: strangers)
        #expect(!foreign.mechanisms.contains(.external))
        #expect(throws: SASLFailure.invalidMechanism) { try foreign.begin(.external) }
        #expect(offer(certificate: strangers + [romeo]).mechanisms.contains(.external))
    }

    @Test func `begins what it offers`() throws {
        let romeo = JID(prepared: "romeo", "montague.example")
        let offer = offer(bindings: [exporter], certificate: [romeo])
        for name in offer.mechanisms { #expect(try offer.begin(name).name == name) }
    }

    @Test(arguments: [
        (SASLMechanismName.plain, SASLFailure.encryptionRequired),
        (.scramSHA1Plus, .encryptionRequired),
        (.external, .encryptionRequired),
        (SASLMechanismName("DIGEST-MD5"), .invalidMechanism),
        (SASLMechanismName("plain"), .invalidMechanism),
        (SASLMechanismName(""), .invalidMechanism),
    ])
    func `begins nothing that it does not offer`(name: SASLMechanismName, failure: SASLFailure) {
        #expect(throws: failure) { try offer(isProtected: false).begin(name) }
        #expect(throws: SASLFailure.invalidMechanism) {
            try offer(without: [.plain]).begin(name)
        }
    }

    @Test func `tells a client that believes in no PLUS by what was offered`() throws {
        // The operator allows no mechanism with -PLUS, so `y` is the truth.
        let plain = SASLMechanismName.known.filter { $0.isPlus }
        var honest = try offer(bindings: [exporter], without: plain).begin(.scramSHA256)
        #expect(honest.step(.initial(bytes("y,,n=romeo,r=abc"))) == .lookup(username: "romeo"))
        var cheated = try offer(bindings: [exporter]).begin(.scramSHA256)
        #expect(failure(cheated.step(.initial(bytes("y,,n=romeo,r=abc")))) == .notAuthorized)
    }

    @Test func `orders mechanisms by strength`() {
        let strengths = SASLMechanismName.known.map(\.strength)
        #expect(strengths == strengths.sorted(by: >))
        #expect(SASLMechanismName("CRAM-MD5").strength == 0)
        #expect(SASLMechanismName.anonymous.strength > 0)
    }
}

@Suite struct ChoiceTests {
    private let password = SASLClient.Credential.password(username: "romeo", password: "wherefore")

    @Test(arguments: [
        (["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"], "SCRAM-SHA-256"),
        (["PLAIN", "SCRAM-SHA-1"], "SCRAM-SHA-1"),
        (["ANONYMOUS", "EXTERNAL", "PLAIN"], "PLAIN"),
        (["SCRAM-SHA-512", "SCRAM-SHA-1-PLUS"], "SCRAM-SHA-1-PLUS"),
        (["SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS"], "SCRAM-SHA-512-PLUS"),
    ])
    func `takes the strongest that both have`(offered: [String], chosen: String) throws {
        let client = SASLClient([password], isProtected: true, bindings: [exporter])
        #expect(try client.choose(from: offered.map { .init($0) }).name.rawValue == chosen)
    }

    @Test func `never gives its password away without TLS`() throws {
        let client = SASLClient([password], isProtected: false)
        #expect(throws: SASLClientError.noCommonMechanism) { try client.choose(from: [.plain]) }
        #expect(try client.choose(from: [.plain, .scramSHA1]).name == .scramSHA1)
    }

    @Test func `binds to nothing without TLS`() throws {
        let client = SASLClient([password], isProtected: false, bindings: [exporter])
        let offered: [SASLMechanismName] = [.scramSHA1Plus, .scramSHA1]
        #expect(try client.choose(from: offered).name == .scramSHA1)
    }

    @Test func `takes only what it has credentials for, and what its user allows`() throws {
        let offered = SASLMechanismName.known
        let romeo = JID(prepared: "romeo", "montague.example")
        let certificate = SASLClient.Credential.certificate(authzid: romeo)
        let both = SASLClient([password, certificate], isProtected: true)
        #expect(try both.choose(from: offered).name == .external)
        let visitor = SASLClient([.anonymous], isProtected: true)
        #expect(try visitor.choose(from: offered).name == .anonymous)
        let strict = SASLClient([password], isProtected: true, allowed: [.scramSHA512])
        #expect(throws: SASLClientError.noCommonMechanism) {
            try strict.choose(from: [.scramSHA256, .plain])
        }
        let nobody = SASLClient([], isProtected: true)
        #expect(throws: SASLClientError.noCommonMechanism) { try nobody.choose(from: offered) }
    }

    @Test(arguments: [
        // What the client can bind by, what the server offers, the flag.
        ([], ["SCRAM-SHA-1"], "n,,"),
        ([exporter], ["SCRAM-SHA-1"], "y,,"),
        ([exporter], ["SCRAM-SHA-1", "SCRAM-SHA3-512-PLUS"], "n,,"),
        ([exporter], ["SCRAM-SHA-1-PLUS"], "p=tls-exporter,,"),
        ([endPoint, exporter], ["SCRAM-SHA-1-PLUS"], "p=tls-server-end-point,,"),
    ])
    func `says the truth about channel binding`(
        bindings: [ChannelBinding],
        offered: [String],
        flag: String
    ) throws {
        let client = SASLClient([password], isProtected: true, bindings: bindings)
        var mechanism = try client.choose(from: offered.map { .init($0) })
        let first = try #require(try mechanism.begin())
        #expect(string(first).hasPrefix(flag + "n=romeo,r="))
    }

    @Test func `binds by a way that the server lists`() throws {
        let client = SASLClient([password], isProtected: true, bindings: [exporter, endPoint])
        let offered: [SASLMechanismName] = [.scramSHA1Plus, .scramSHA1]
        var listed = try client.choose(from: offered, offeredBindings: [.tlsServerEndPoint])
        let first = try #require(try listed.begin())
        #expect(string(first).hasPrefix("p=tls-server-end-point,,"))
        var foreign = try client.choose(
            from: offered,
            offeredBindings: [ChannelBinding.Kind(rawValue: "tls-unique")]
        )
        #expect(foreign.name == .scramSHA1)
        #expect(string(try #require(try foreign.begin())).hasPrefix("n,,"))
    }

    @Test func `refuses data that PLAIN, EXTERNAL and ANONYMOUS do not have`() throws {
        var clients: [any SASLClientMechanism] = [
            PlainClient(username: "romeo", password: "wherefore"), ExternalClient(),
            AnonymousClient(),
        ]
        for index in clients.indices {
            _ = try clients[index].begin()
            #expect(throws: SASLClientError.malformedChallenge) {
                try clients[index].answer(bytes("more"))
            }
            #expect(throws: SASLClientError.malformedChallenge) {
                try clients[index].finish(bytes("more"))
            }
            try clients[index].finish(nil)
        }
    }

    @Test(arguments: [("romeo", ""), ("", "wherefore"), ("ro\0meo", "a"), ("romeo", "a\0b")])
    func `sends no PLAIN that would be read in another way`(username: String, password: String) {
        var client = PlainClient(username: username, password: password)
        #expect(throws: SASLClientError.unusablePassword) { try client.begin() }
    }
}
