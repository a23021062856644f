import MartletCore
import MartletSASL
import MartletXML
import Testing

@testable import MartletStreams

/// The client's machine against servers that do not keep to the RFC.
struct ClientMachineTests {
    /// A client that waits for the server's features.
    private func client(
        _ login: ClientMachine.Login = Duet.login(),
        _ security: StreamSecurity = .tls,
        resuming resumption: ClientMachine.Resumption? = nil
    ) -> ClientMachine {
        var client = ClientMachine(login, resuming: resumption)
        _ = client.receive(.connected(security))
        _ = client.receive(.opened(.client()))
        return client
    }

    /// A client that was let in and waits for the features behind the login.
    private func member(
        managed: Bool = false,
        resuming resumption: ClientMachine.Resumption? = nil
    ) throws -> ClientMachine {
        var client = client(Duet.login(managed: managed), resuming: resumption)
        _ = try read(offer, &client)
        _ = try read("<success xmlns='\(Namespace.sasl)'/>", &client)
        _ = client.receive(.opened(.client()))
        return client
    }

    private let offer = """
        <features xmlns='\(Namespace.streams)'><mechanisms xmlns='\(Namespace.sasl)'>\
        <mechanism>PLAIN</mechanism></mechanisms></features>
        """
    private let scramOffer = """
        <features xmlns='\(Namespace.streams)'><mechanisms xmlns='\(Namespace.sasl)'>\
        <mechanism>SCRAM-SHA-1</mechanism></mechanisms></features>
        """
    private let session = """
        <features xmlns='\(Namespace.streams)'><bind xmlns='\(Namespace.bind)'/>\
        <sm xmlns='\(Namespace.streamManagement)'/></features>
        """
    private let address = """
        <iq type='result' id='bind'><bind xmlns='\(Namespace.bind)'>\
        <jid>romeo@montague.example/balcony</jid></bind></iq>
        """

    private func read(_ xml: String, _ client: inout ClientMachine) throws -> [String] {
        client.receive(.element(try Element.parse(xml))).map(\.words)
    }

    @Test func `says who it is only where nobody listens`() {
        var client = ClientMachine(Duet.login())
        let open = client.receive(.connected(StreamSecurity())).map(\.words)
        #expect(open.count == 2 && open[0] == "restart")
        #expect(open[1].contains("to='montague.example'") && !open[1].contains("romeo"))
        client = ClientMachine(Duet.login())
        let secure = client.receive(.connected(.tls)).map(\.words)
        #expect(secure[1].contains("from='romeo@montague.example'"))
    }

    @Test(arguments: [
        StreamHeader.client(namespace: "urn:x"), .client(content: "jabber:server"),
        .client(content: nil),
    ])
    func `refuses a header that is no XMPP server's`(header: StreamHeader) {
        var client = ClientMachine(Duet.login())
        _ = client.receive(.connected(.tls))
        let told = client.receive(.opened(header)).map(\.words)
        #expect(
            told == [
                "fail the server broke the protocol: "
                    + "the stream header is not an XMPP server's", "close",
            ]
        )
    }

    @Test func `expects features and nothing else behind the header`() throws {
        var client = client()
        #expect(try read(Wire.message, &client).last == "close")
        #expect(try read(offer, &client) == [], "it is over")
    }

    @Test func `believes nothing that comes before TLS stands`() throws {
        var client = client(Duet.login(), StreamSecurity())
        let tls = "<features xmlns='\(Namespace.streams)'>\(Wire.startTLS)</features>"
        #expect(try read(tls, &client) == [Wire.startTLS])
        #expect(try read("<proceed xmlns='\(Namespace.tls)'/>", &client) == ["start TLS"])
        #expect(try read(offer, &client).last == "close", "the injection attack, turned around")
    }

    @Test func `waits for TLS that is offered, though it could do without`() throws {
        var client = client(Duet.login(requiresTLS: false), StreamSecurity())
        let both = """
            <features xmlns='\(Namespace.streams)'>\(Wire.startTLS)\
            <mechanisms xmlns='\(Namespace.sasl)'><mechanism>PLAIN</mechanism></mechanisms></features>
            """
        #expect(try read(both, &client) == [Wire.startTLS])
    }

    /// One derivation at a time: a server that challenges without end keeps no worker busy.
    @Test func `answers one challenge before the next`() throws {
        var client = client()
        _ = try read(scramOffer, &client)
        let challenge = "<challenge xmlns='\(Namespace.sasl)'>AAAA</challenge>"
        #expect(try read(challenge, &client) == ["derive"])
        #expect(try read(challenge, &client).last == "close")
    }

    @Test(arguments: ["<challenge xmlns='\(Namespace.sasl)'>!</challenge>", Wire.message])
    func `gives up a login that makes no sense`(xml: String) throws {
        var client = client()
        _ = try read(scramOffer, &client)
        let told = try read(xml, &client)
        #expect(told.count == 2 && told[1] == "close")
    }

    @Test func `tells the server that it gave up`() throws {
        var client = client()
        _ = try read(scramOffer, &client)
        let actions = client.receive(
            .element(try Element.parse("<challenge xmlns='\(Namespace.sasl)'>AAAA</challenge>"))
        )
        guard case .derive(let mechanism, _) = actions.first else {
            Issue.record("\(actions)")
            return
        }
        let told = client.receive(.answered(mechanism, .failure(.foreignNonce))).map(\.words)
        #expect(told.first == "<abort xmlns='\(Namespace.sasl)'/>" && told.last == "close")
    }

    @Test func `asks for its resource and takes the one it is given`() throws {
        var client = try member()
        #expect(
            try read(session, &client) == [
                """
                <iq type='set' id='bind'><bind xmlns='\(Namespace.bind)'>\
                <resource>balcony</resource></bind></iq>
                """
            ]
        )
        let other = address.replacing("balcony", with: "tomb")
        #expect(try read(other, &client) == ["bound romeo@montague.example/tomb"])
        #expect(try read(Wire.message, &client) == ["stanza message"])
        #expect(try read(Wire.request, &client) == ["manage r"])
    }

    @Test(arguments: [
        """
        <iq type='error' id='bind'><error type='cancel'>\
        <conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
        """,
        "<iq type='result' id='bind'/>",
        """
        <iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
        <jid>@@</jid></bind></iq>
        """,
    ])
    func `has no stream without a resource`(xml: String) throws {
        var client = try member()
        _ = try read(session, &client)
        let told = try read(xml, &client)
        #expect(told.count == 2 && told[0].hasPrefix("fail the server gave no resource"))
    }

    @Test func `is ready when management is on, or refused`() throws {
        for name in ["enabled", "failed"] {
            var client = try member(managed: true)
            _ = try read(session, &client)
            let enable = try read(address, &client)
            #expect(enable == ["<enable xmlns='\(Namespace.streamManagement)' resume='true'/>"])
            #expect(try read(Wire.message, &client) == ["stanza message"], "comes meanwhile")
            let answer = "<\(name) xmlns='\(Namespace.streamManagement)'/>"
            #expect(
                try read(answer, &client) == [
                    "manage \(name)", "bound romeo@montague.example/balcony",
                ]
            )
        }
    }

    @Test func `resumes, or binds where that is refused`() throws {
        let resumption = ClientMachine.Resumption(id: "p", handled: 7)
        for name in ["resumed", "failed"] {
            var client = try member(managed: true, resuming: resumption)
            #expect(
                try read(session, &client)
                    == ["<resume xmlns='\(Namespace.streamManagement)' previd='p' h='7'/>"]
            )
            let answer = "<\(name) xmlns='\(Namespace.streamManagement)'/>"
            let told = try read(answer, &client)
            #expect(told.first == "manage \(name)")
            #expect(told.count == (name == "resumed" ? 1 : 2))
        }
    }

    @Test func `answers the end of the stream with its own`() throws {
        var client = try member()
        #expect(client.receive(.closed).map(\.words) == ["</stream:stream>", "close"])
        #expect(client.receive(.closed).isEmpty)
    }

    @Test func `says why the server ended it`() throws {
        var client = try member()
        let told = try read(Wire.error, &client)
        #expect(told == ["fail the server closed the stream: reset", "close"])
    }
}

extension ClientMachine.Action {
    fileprivate var words: String {
        switch self {
        case .write(let bytes): String(decoding: bytes, as: UTF8.self)
        case .send(let element): element.description
        case .startTLS: "start TLS"
        case .restart: "restart"
        case .derive: "derive"
        case .bound(let jid): "bound \(jid)"
        case .manage(let element): "manage \(element.name)"
        case .stanza(let element): "stanza \(element.name)"
        case .fail(let fault): "fail \(fault)"
        case .close: "close"
        }
    }
}
