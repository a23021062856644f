import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

private let plays = JID(prepared: nil, "plays.shakespeare.example")

extension ComponentClientMachine {
    fileprivate init(secret: String = "test") {
        self.init(Login(domain: plays, secret: Array(secret.utf8)))
    }

    /// One that the server let in.
    fileprivate static func open() throws -> ComponentClientMachine {
        var machine = ComponentClientMachine()
        _ = machine.receive(.connected)
        _ = machine.receive(.opened(.server()))
        _ = try machine.read("<handshake/>")
        return machine
    }

    fileprivate mutating func read(_ xml: String) throws -> [String] {
        receive(.element(try Element.parse(xml))).map(\.words)
    }
}

extension ComponentClientMachine.Action {
    fileprivate var words: String {
        switch self {
        case .write(let bytes): String(decoding: bytes, as: UTF8.self)
        case .send(let element): element.description
        case .joined: "joined"
        case .stanza(let stanza): "stanza \(stanza.kind)"
        case .answer(let stanza):
            "answer \(stanza.error?.condition.rawValue ?? "none")"
                + " from \(stanza.from?.description ?? "none") to \(stanza.to?.description ?? "none")"
        case .fail(let fault): "fail: \(fault)"
        case .close(let error): "close \(error?.condition.rawValue ?? "")"
        }
    }
}

extension StreamHeader {
    /// What a server answers a component's header with.
    fileprivate static func server(
        id: String? = "3BF96D32",
        name: String = "stream",
        namespace: String = Namespace.streams,
        content: String? = Namespace.component
    ) -> StreamHeader {
        var header = StreamHeader.client(
            to: nil,
            from: plays.domainpart,
            version: nil,
            name: name,
            namespace: namespace,
            content: content
        )
        header.id = id
        return header
    }
}

/// The stream of a component, from its own side (XEP-0114 §3).
struct ComponentClientMachineTests {
    @Test func `opens a stream without a version to the domain that it serves`() {
        var machine = ComponentClientMachine()
        let told = machine.receive(.connected).map(\.words)
        #expect(
            told == [
                "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept'"
                    + " xmlns:stream='http://etherx.jabber.org/streams'"
                    + " to='plays.shakespeare.example'>"
            ]
        )
        #expect(machine.receive(.connected).isEmpty)
    }

    @Test func `proves the secret by the id of the stream, and is let in`() throws {
        var machine = ComponentClientMachine()
        _ = machine.receive(.connected)
        // `printf 3BF96D32test | sha1sum`.
        #expect(
            machine.receive(.opened(.server())).map(\.words)
                == ["<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>"]
        )
        #expect(!machine.isOpen)
        #expect(try machine.read("<handshake/>") == ["joined"] && machine.isOpen)
    }

    @Test(arguments: [
        StreamHeader.server(id: nil), .server(id: ""), .server(name: "flow"),
        .server(namespace: "urn:x"), .server(content: Namespace.client), .server(content: nil),
    ])
    func `gives no proof to what is no server for components`(header: StreamHeader) {
        var machine = ComponentClientMachine()
        _ = machine.receive(.connected)
        let told = machine.receive(.opened(header)).map(\.words)
        #expect(told.count == 2 && told[0].hasPrefix("fail: the server broke the protocol"))
        #expect(told.last == "close bad-format" && machine.isClosed)
    }

    @Test(arguments: ["not-authorized", "host-unknown", "conflict"])
    func `tells why the server does not let it in`(condition: String) throws {
        var machine = ComponentClientMachine()
        _ = machine.receive(.connected)
        _ = machine.receive(.opened(.server()))
        let error = "<error xmlns='\(Namespace.streams)'>"
        let told = try machine.read(
            "\(error)<\(condition) xmlns='\(Namespace.streamErrors)'/></error>"
        )
        #expect(told == ["fail: the server closed the stream: \(condition)", "close "])
        #expect(machine.isClosed)
    }

    @Test(arguments: [
        "<handshake xmlns='urn:x'/>", "<message from='a' to='plays.shakespeare.example'/>",
        "<features xmlns='\(Namespace.streams)'/>",
    ])
    func `takes nothing else for a handshake`(xml: String) throws {
        var machine = ComponentClientMachine()
        _ = machine.receive(.connected)
        _ = machine.receive(.opened(.server()))
        #expect(try machine.read(xml).last == "close bad-format")
    }

    @Test func `hears nothing before there is a stream`() throws {
        var machine = ComponentClientMachine()
        _ = machine.receive(.connected)
        #expect(try machine.read("<handshake/>").last == "close bad-format")
        machine = try .open()
        #expect(machine.receive(.opened(.server())).last?.words == "close bad-format")
    }

    @Test(arguments: ["plays.shakespeare.example", "hamlet@Plays.Shakespeare.example/act1"])
    func `takes what is for anybody in its domain`(to: String) throws {
        var machine = try ComponentClientMachine.open()
        let addresses = "from='romeo@montague.example/balcony' to='\(to)'"
        #expect(try machine.read("<message \(addresses)/>") == ["stanza message"])
        #expect(try machine.read("<presence \(addresses)/>") == ["stanza presence"])
        let iq = "<iq type='get' id='1' \(addresses)><ping xmlns='urn:xmpp:ping'/></iq>"
        #expect(try machine.read(iq) == ["stanza iq"])
    }

    @Test(arguments: [
        "from='romeo@montague.example' to='montague.example'",
        "from='romeo@montague.example' to='x.plays.shakespeare.example'",
        "from='romeo@montague.example'", "to='plays.shakespeare.example'",
    ])
    func `takes nothing for anybody else`(addresses: String) throws {
        for kind in ["message", "iq id='1'"] {
            var machine = try ComponentClientMachine.open()
            let told = try machine.read("<\(kind) \(addresses)/>")
            #expect(told.last == "close improper-addressing" && machine.isClosed)
        }
    }

    @Test func `answers what is wrong, and goes on`() throws {
        var machine = try ComponentClientMachine.open()
        let addresses = "from='romeo@montague.example' to='plays.shakespeare.example'"
        let words =
            "answer bad-request from plays.shakespeare.example to romeo@montague.example"
        #expect(try machine.read("<iq type='get' id='1' \(addresses)/>") == [words])
        #expect(try machine.read("<presence type='sings' \(addresses)/>") == [words])
        #expect(try machine.read("<iq type='result' \(addresses)/>") == [])
        #expect(machine.isOpen)
    }

    @Test(arguments: ["<handshake/>", "<nightingale xmlns='urn:example:birds'/>"])
    func `ends with what is no stanza`(xml: String) throws {
        var machine = try ComponentClientMachine.open()
        #expect(try machine.read(xml).last == "close unsupported-stanza-type")
        #expect(machine.isClosed)
    }

    @Test func `says goodbye once`() throws {
        var machine = try ComponentClientMachine.open()
        #expect(machine.receive(.closed).map(\.words) == ["close "])
        #expect(machine.close(StreamError(.reset)).isEmpty)
        machine = try .open()
        #expect(
            machine.close(StreamError(.systemShutdown)).map(\.words) == ["close system-shutdown"]
        )
        #expect(machine.receive(.closed).isEmpty)
    }

    // MARK: With the other side

    /// Lets both talk, as bytes, until neither has anything to say; what each came to, in words.
    private func play(secret: String) throws -> (component: [String], server: [String]) {
        var component = ComponentClientMachine(secret: secret)
        var server = ComponentMachine(makeID: { "3BF96D32" }) { _ in
            ComponentHost(domain: plays, secret: Array("test".utf8))
        }
        var told: (component: [String], server: [String]) = ([], [])
        var toServer = component.receive(.connected)
        while !toServer.isEmpty {
            var toComponent: [ComponentMachine.Action] = []
            for action in toServer {
                switch action {
                case .write(let bytes): toComponent += server.receive(.opened(try header(bytes)))
                case .send(let element): toComponent += server.receive(.element(element))
                default: told.component.append(action.words)
                }
            }
            toServer = []
            while !toComponent.isEmpty {
                switch toComponent.removeFirst() {
                case .write(let bytes): toServer += component.receive(.opened(try header(bytes)))
                case .send(let element): toServer += component.receive(.element(element))
                case .join(let domain):
                    told.server.append("join \(domain)")
                    toComponent += server.receive(.joined)
                case .close(let error):
                    told.server.append("close \(error?.condition.rawValue ?? "")")
                    guard let error else { break }
                    toServer += component.receive(.element(error.element))
                case .stanza, .answer: Issue.record("nobody said anything yet")
                }
            }
        }
        return told
    }

    private func header(_ bytes: [UInt8]) throws -> StreamHeader {
        var parser = StreamParser(pool: ParserPool(), limits: .standard)
        var events: [StreamEvent] = []
        bytes.withUnsafeBytes { _ = parser.read($0, into: &events) }
        parser.close()
        guard case .opened(let header)? = events.first?.kind else {
            throw StreamError(.badFormat)
        }
        return header
    }

    @Test func `agrees with the side that accepts it`() throws {
        let told = try play(secret: "test")
        #expect(told.component == ["joined"])
        #expect(told.server == ["join plays.shakespeare.example"])
    }

    @Test func `is not believed by that side with another secret`() throws {
        let told = try play(secret: "tset")
        #expect(
            told.component == ["fail: the server closed the stream: not-authorized", "close "]
        )
        #expect(told.server == ["close not-authorized"])
    }
}
