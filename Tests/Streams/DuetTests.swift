import MartletCore
import MartletCrypto
import MartletSASL
import MartletXML
import Testing

@testable import MartletStreams

/// Both machines, joined without I/O: each mechanism, and what somebody in between may try.
struct DuetTests {
    private static let withPassword = SASLMechanismName.known.filter {
        $0.scramHash != nil || $0 == .plain
    }

    @Test(arguments: withPassword)
    func `come to a resource by each mechanism`(name: SASLMechanismName) throws {
        var duet = Duet(.house(mechanisms: [name]), Duet.login())
        try duet.play()
        #expect(duet.mechanism == name.rawValue)
        #expect(duet.bound == balcony)
        #expect(duet.account == romeo)
        #expect(duet.fault == nil)
    }

    @Test func `come to a resource by certificate, or as nobody in particular`() throws {
        let certificate = ClientMachine.Login(romeo, credentials: [.certificate(authzid: nil)])
        var duet = Duet(.house(), certificate)
        duet.serverTLS = .certified
        try duet.play()
        #expect(duet.mechanism == "EXTERNAL")
        #expect(duet.bound == (try romeo.with(resource: "made")))

        let nobody = ClientMachine.Login(romeo.domain, credentials: [.anonymous])
        duet = Duet(.house(mechanisms: [.anonymous]), nobody)
        try duet.play()
        #expect(duet.bound?.domainpart == "montague.example")
        #expect(duet.bound?.localpart?.isEmpty == false)
    }

    @Test func `take these steps`() throws {
        var duet = Duet(.house(mechanisms: [.scramSHA256Plus]), Duet.login(managed: true))
        try duet.play()
        #expect(
            duet.log == [
                "< features", "> starttls", "< proceed", "< features", "> auth", "< challenge",
                "> response", "< success", "< features", "> iq", "< iq", "> enable", "< enabled",
            ]
        )
        #expect(duet.bound == balcony)
    }

    @Test(arguments: withPassword)
    func `part over a wrong password`(name: SASLMechanismName) throws {
        var duet = Duet(.house(mechanisms: [name]), Duet.login(password: "thorn"))
        try duet.play()
        #expect(duet.fault == .loginRefused(.notAuthorized))
        #expect(duet.account == nil && duet.bound == nil)
    }

    /// An account that does not exist: nothing tells it from a wrong password.
    @Test(arguments: withPassword)
    func `part in the same way when there is no such account`(name: SASLMechanismName) throws {
        let paris = ClientMachine.Login(
            JID(prepared: "paris", "montague.example"),
            credentials: [.password(username: "paris", password: "rose")]
        )
        var stranger = Duet(.house(mechanisms: [name]), paris)
        try stranger.play()
        var mistaken = Duet(.house(mechanisms: [name]), Duet.login(password: "thorn"))
        try mistaken.play()
        #expect(stranger.fault == .loginRefused(.notAuthorized))
        #expect(stranger.log == mistaken.log)
    }

    // MARK: Somebody in between

    /// RFC 5802 §3: who does not know the password's verifier cannot sign.
    @Test(arguments: ["v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "", "v=", "e=other-error"])
    func `the client does not believe a server that cannot sign`(signature: String) throws {
        var duet = Duet(.house(mechanisms: [.scramSHA256]), Duet.login())
        duet.tamper = { element in
            guard element.name == "success" else { return element }
            return Element("success", in: Namespace.sasl) {
                $0.text(Base64.encode(Array(signature.utf8)))
            }
        }
        try duet.play()
        guard case .sasl = duet.fault else {
            Issue.record("\(String(describing: duet.fault))")
            return
        }
        #expect(duet.bound == nil)
        #expect(duet.log.last == "< success", "the client says nothing more")
    }

    @Test func `the client does not take success for an answer to its first message`() throws {
        var duet = Duet(.house(mechanisms: [.scramSHA256]), Duet.login())
        duet.tamper = { $0.name == "challenge" ? Element("success", in: Namespace.sasl) : $0 }
        try duet.play()
        #expect(duet.fault != nil && duet.bound == nil)
    }

    @Test func `the client logs in nowhere without TLS`() throws {
        var duet = Duet(.house(requiresTLS: false), Duet.login())
        duet.tamper = { element in
            guard element.name == "features" else { return element }
            return Element("features", in: Namespace.streams) { features in
                for child in element.children where child.name != "starttls" {
                    features.append(child)
                }
            }
        }
        try duet.play()
        #expect(duet.fault == .tlsNotOffered)
        #expect(!duet.log.contains("> auth"))
    }

    @Test(arguments: ["failure", "success", "message"])
    func `the client goes on only by TLS once it asked for it`(name: String) throws {
        var duet = Duet(.house(), Duet.login())
        duet.tamper = { $0.name == "proceed" ? Element(name, in: Namespace.tls) : $0 }
        try duet.play()
        #expect(duet.fault == .tlsRefused)
    }

    /// RFC 5802 §6: the client says that it could have bound; the server knows that it offered to.
    @Test func `the server sees that its -PLUS was taken out of the offer`() throws {
        let offered: [SASLMechanismName] = [.scramSHA256Plus, .scramSHA256]
        var duet = Duet(.house(mechanisms: offered), Duet.login())
        duet.tamper = { element in
            guard element.child("mechanisms", in: Namespace.sasl) != nil else { return element }
            return Element("features", in: Namespace.streams) { features in
                features.element("mechanisms", in: Namespace.sasl) { list in
                    list.element("mechanism", in: Namespace.sasl) { $0.text("SCRAM-SHA-256") }
                }
            }
        }
        try duet.play()
        #expect(duet.mechanism == "SCRAM-SHA-256")
        guard case .loginRefused = duet.fault else {
            Issue.record("\(String(describing: duet.fault))")
            return
        }
        #expect(duet.account == nil)
    }

    /// Two TLS connections with somebody between them have two bindings.
    @Test(arguments: [SASLMechanismName.scramSHA1Plus, .scramSHA256Plus, .scramSHA512Plus])
    func `the server sees that it is not the client's own TLS`(name: SASLMechanismName) throws {
        var duet = Duet(.house(mechanisms: [name]), Duet.login())
        duet.clientTLS.channelBindings = [
            ChannelBinding(.tlsExporter, Array(repeating: 8, count: 32))
        ]
        try duet.play()
        #expect(duet.fault == .loginRefused(.notAuthorized))
        #expect(duet.account == nil)
    }

    @Test func `the client sends no password to a server that offers nothing better, in clear`()
        throws
    {
        var house = StreamHost.house(mechanisms: [.plain], requiresTLS: false)
        house.hasTLS = false
        var duet = Duet(house, Duet.login())
        try duet.play()
        #expect(duet.fault == .tlsNotOffered)
        #expect(!duet.log.contains("> auth"))
    }

    @Test func `the client says what it was offered when nothing fits`() throws {
        let nobody = ClientMachine.Login(romeo, credentials: [.anonymous])
        var duet = Duet(.house(mechanisms: [.plain]), nobody)
        try duet.play()
        #expect(duet.fault == .sasl(.noCommonMechanism, offered: [.plain]))
        #expect(duet.fault?.description.contains("PLAIN") == true)
    }

    @Test func `the client is told why its stream ended`() throws {
        var house = StreamHost.house("capulet.example")
        house.hasTLS = true
        var duet = Duet(house, Duet.login())
        try duet.play()
        #expect(duet.fault == .stream(StreamError(.hostUnknown)))
    }
}
