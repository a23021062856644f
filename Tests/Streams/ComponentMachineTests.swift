import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

private let plays = JID(prepared: nil, "plays.shakespeare.example")

extension ComponentMachine {
    /// Serves `plays.shakespeare.example`, whose secret is `test`, on streams named `3BF96D32`.
    fileprivate init(isTaken: Bool = false) {
        self.init(makeID: { "3BF96D32" }) { name in
            guard name == plays.domainpart else { return nil }
            return ComponentHost(domain: plays, secret: Array("test".utf8), isTaken: isTaken)
        }
    }

    /// One that serves its domain.
    fileprivate static func open() throws -> ComponentMachine {
        var machine = ComponentMachine()
        _ = machine.receive(.opened(.component()))
        _ = try machine.read(handshake)
        _ = machine.receive(.joined)
        return machine
    }

    fileprivate static let handshake = "<handshake>\(digest)</handshake>"
    /// `printf 3BF96D32test | sha1sum`.
    fileprivate static let digest = "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e"

    fileprivate mutating func read(_ xml: String) throws -> [String] {
        receive(.element(try Element.parse(xml))).map(\.words)
    }
}

extension ComponentMachine.Action {
    fileprivate var words: String {
        switch self {
        case .write(let bytes): String(decoding: bytes, as: UTF8.self)
        case .send(let element): element.description
        case .join(let domain): "join \(domain)"
        case .stanza(let stanza): "stanza \(stanza.kind)"
        case .answer(let stanza):
            "answer \(stanza.type) \(stanza.error?.condition.rawValue ?? "none")"
                + " from \(stanza.from?.description ?? "none") to \(stanza.to?.description ?? "none")"
        case .close(let error): "close \(error?.condition.rawValue ?? "")"
        }
    }
}

extension StreamHeader {
    /// What a component sends to open a stream.
    fileprivate static func component(
        to: String? = plays.domainpart,
        version: String? = nil,
        name: String = "stream",
        namespace: String = Namespace.streams,
        content: String? = Namespace.component
    ) -> StreamHeader {
        .client(to: to, version: version, name: name, namespace: namespace, content: content)
    }
}

/// The stream of a component (XEP-0114 §3).
struct ComponentMachineTests {
    @Test(arguments: [nil, "1.0"])
    func `is answered by a header without a version, and no features`(version: String?) {
        var machine = ComponentMachine()
        let told = machine.receive(.opened(.component(version: version))).map(\.words)
        #expect(
            told == [
                "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept'"
                    + " xmlns:stream='http://etherx.jabber.org/streams'"
                    + " from='plays.shakespeare.example' id='3BF96D32'>"
            ]
        )
        #expect(!machine.isOpen && !machine.isClosed)
    }

    @Test(arguments: [
        (StreamHeader.component(namespace: "urn:x"), StreamError.Condition.invalidNamespace),
        (.component(content: nil), .invalidNamespace),
        (.component(content: Namespace.client), .invalidNamespace),
        (.component(content: Namespace.server), .invalidNamespace),
        (.component(content: "jabber:component:connect"), .invalidNamespace),
        (.component(name: "flow"), .badFormat),
        (.component(to: nil), .hostUnknown),
        (.component(to: ""), .hostUnknown),
        (.component(to: "sonnets.shakespeare.example"), .hostUnknown),
        (.component(to: "hamlet@plays.shakespeare.example"), .hostUnknown),
        (.component(to: "plays.shakespeare.example/act1"), .hostUnknown),
    ])
    func `refuses a header that is no good, in a stream`(
        header: StreamHeader,
        condition: StreamError.Condition
    ) {
        var machine = ComponentMachine()
        let told = machine.receive(.opened(header)).map(\.words)
        #expect(told.count == 2 && told[0].contains("id='3BF96D32'"))
        #expect(told.last == "close \(condition.rawValue)" && machine.isClosed)
    }

    @Test func `is in conflict with those that serve the domain already`() {
        var machine = ComponentMachine(isTaken: true)
        let told = machine.receive(.opened(.component())).map(\.words)
        #expect(told.last == "close conflict" && machine.isClosed)
    }

    @Test(arguments: ["", " ", "\n\t"])
    func `serves once it knows the secret, and there is room`(space: String) throws {
        var machine = ComponentMachine()
        _ = machine.receive(.opened(.component()))
        let joins = try machine.read(
            "<handshake>\(space)\(ComponentMachine.digest)\(space)</handshake>"
        )
        #expect(joins == ["join plays.shakespeare.example"] && !machine.isOpen)
        #expect(machine.receive(.joined).map(\.words) == ["<handshake/>"] && machine.isOpen)
    }

    @Test(arguments: [
        "<handshake/>",
        "<handshake>\(ComponentMachine.digest.uppercased())</handshake>",
        "<handshake>\(ComponentMachine.digest)0</handshake>",
        "<handshake>\(ComponentMachine.digest.dropLast())</handshake>",
        "<handshake>\(String(repeating: "0", count: 40))</handshake>",
        "<handshake><x>\(ComponentMachine.digest)</x></handshake>",
        "<handshake xmlns='urn:x'>\(ComponentMachine.digest)</handshake>",
        "<hand>\(ComponentMachine.digest)</hand>",
        "<message to='romeo@montague.example' from='plays.shakespeare.example'/>",
        "<auth xmlns='\(Namespace.sasl)' mechanism='PLAIN'>AHJvbWVvAHJvc2U=</auth>",
    ])
    func `is not believed without the right digest`(first: String) throws {
        var machine = ComponentMachine()
        _ = machine.receive(.opened(.component()))
        #expect(try machine.read(first) == ["close not-authorized"])
        #expect(try machine.read(ComponentMachine.handshake) == [] && machine.isClosed)
    }

    @Test func `does not take the digest of another stream or of another secret`() {
        let mine = ComponentHandshake(id: "3BF96D32", secret: Array("test".utf8))
        #expect(mine.isAnswered(by: ComponentMachine.digest))
        for other in [
            ComponentHandshake(id: "3BF96D33", secret: Array("test".utf8)),
            ComponentHandshake(id: "3BF96D32", secret: Array("tset".utf8)),
            // What is signed is not told where the identifier ends; the server makes it, so it is no way in.
            ComponentHandshake(id: "3BF96D32t", secret: Array("es".utf8)),
        ] {
            #expect(!mine.isAnswered(by: other.digest))
        }
    }

    @Test func `does not pass where there is no secret`() {
        let open = ComponentHandshake(id: "3BF96D32", secret: [])
        #expect(!open.isAnswered(by: open.digest))
    }

    @Test func `must open its stream first, once`() throws {
        var machine = ComponentMachine()
        #expect(try machine.read(ComponentMachine.handshake).last == "close bad-format")
        machine = try .open()
        #expect(machine.receive(.opened(.component())).map(\.words) == ["close bad-format"])
    }

    @Test(arguments: [
        "from='plays.shakespeare.example' to='romeo@montague.example'",
        "from='hamlet@plays.shakespeare.example' to='montague.example'",
        "from='Hamlet@PLAYS.shakespeare.example/act1' to='romeo@montague.example/balcony'",
        "from='plays.shakespeare.example/act1' to='ophelia@plays.shakespeare.example'",
    ])
    func `speaks for anybody in its domain, to anybody`(addresses: String) throws {
        var machine = try ComponentMachine.open()
        #expect(try machine.read("<message \(addresses)/>") == ["stanza message"])
        #expect(try machine.read("<presence \(addresses)/>") == ["stanza presence"])
        let iq = "<iq type='get' id='1' \(addresses)><ping xmlns='urn:xmpp:ping'/></iq>"
        #expect(try machine.read(iq) == ["stanza iq"])
    }

    @Test(arguments: [
        ("to='romeo@montague.example'", "improper-addressing"),
        ("from='plays.shakespeare.example'", "improper-addressing"),
        ("from='' to='romeo@montague.example'", "improper-addressing"),
        ("from='plays.shakespeare.example' to=''", "improper-addressing"),
        ("from='a@b@plays.shakespeare.example' to='romeo@montague.example'", "improper-addressing"),
        ("from='plays.shakespeare.example' to='@montague.example'", "improper-addressing"),
        ("type='error' from='plays.shakespeare.example' to='@'", "improper-addressing"),
        ("from='montague.example' to='romeo@montague.example'", "invalid-from"),
        ("from='romeo@montague.example' to='juliet@montague.example'", "invalid-from"),
        ("from='x.plays.shakespeare.example' to='romeo@montague.example'", "invalid-from"),
        ("from='shakespeare.example' to='romeo@montague.example'", "invalid-from"),
        (
            "from='plays.shakespeare.example@montague.example' to='romeo@montague.example'",
            "invalid-from"
        ),
    ])
    func `speaks for nobody else`(addresses: String, condition: String) throws {
        for kind in ["message", "presence", "iq id='1'"] {
            var machine = try ComponentMachine.open()
            #expect(try machine.read("<\(kind) \(addresses)/>") == ["close \(condition)"])
        }
    }

    @Test func `hears what is wrong with a request, from whom it was for`() throws {
        var machine = try ComponentMachine.open()
        let addresses = "from='hamlet@plays.shakespeare.example' to='romeo@montague.example'"
        let words =
            "answer error bad-request from romeo@montague.example"
            + " to hamlet@plays.shakespeare.example"
        #expect(try machine.read("<iq type='get' id='1' \(addresses)/>") == [words])
        #expect(try machine.read("<iq type='sing' id='1' \(addresses)/>") == [words])
        #expect(try machine.read("<presence type='sings' \(addresses)/>") == [words])
        // An answer that answers nothing is not answered.
        #expect(try machine.read("<iq type='result' \(addresses)/>") == [])
        #expect(machine.isOpen)
    }

    @Test(arguments: [
        ("<handshake/>", "close unsupported-stanza-type"),
        ("<nightingale xmlns='urn:example:birds'/>", "close unsupported-stanza-type"),
        ("<r xmlns='\(Namespace.streamManagement)'/>", "close unsupported-stanza-type"),
        (Wire.error, "close "),
    ])
    func `ends with what is no stanza`(xml: String, words: String) throws {
        var machine = try ComponentMachine.open()
        #expect(try machine.read(xml) == [words] && machine.isClosed)
    }

    @Test func `says goodbye, with its header first if there was none`() throws {
        var machine = ComponentMachine()
        let told = machine.close(StreamError(.systemShutdown)).map(\.words)
        #expect(told.count == 2 && told[1] == "close system-shutdown")
        machine = try .open()
        #expect(machine.receive(.closed).map(\.words) == ["close "])
        #expect(machine.close(StreamError(.reset)).isEmpty && machine.receive(.joined).isEmpty)
    }
}
