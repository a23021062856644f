import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Resource binding (RFC 6120 §7).
struct C2SBindTests {
    private func request(_ content: String, type: String = "set", id: String? = "b") -> String {
        let id = id.map { " id='\($0)'" } ?? ""
        return "<iq type='\(type)'\(id)><bind xmlns='\(Namespace.bind)'>\(content)</bind></iq>"
    }

    @Test(arguments: [
        ("", "any"), ("<resource/>", "any"), ("<resource>balcony</resource>", "balcony"),
        ("<resource xmlns='urn:x'>tomb</resource>", "any"),
    ])
    func `asks for the resource that was asked for`(content: String, resource: String) throws {
        var machine = try Stage.authenticated.machine()
        let told = try machine.read(request(content))
        #expect(told == ["bind \(resource) of romeo@montague.example"])
    }

    @Test func `tells the address`() throws {
        var machine = try Stage.binding.machine()
        let answer = """
            <iq type='result' id='b'><bind xmlns='\(Namespace.bind)'>\
            <jid>romeo@montague.example/balcony</jid></bind></iq>
            """
        #expect(machine.told(.bound(balcony)) == [try Element.parse(answer).description])
        #expect(machine.isBound)
    }

    @Test(arguments: [("get", "b"), ("set", nil), ("result", "b"), ("", "b")])
    func `refuses a request that is none`(type: String, id: String?) throws {
        var machine = try Stage.authenticated.machine()
        let told = try machine.read(request("", type: type, id: id))
        #expect(told.count == 1)
        #expect(told[0].contains("<bad-request "))
        #expect(!machine.isClosed)
    }

    /// RFC 6120 §7.7.2: the client may ask for another.
    @Test func `may be tried again after it was refused`() throws {
        var machine = try Stage.binding.machine()
        let told = machine.told(.bindRefused(.conflict))
        #expect(told.count == 1)
        #expect(told[0].contains(" id='b'") && told[0].contains("<conflict "))
        #expect(!machine.isBound)
        #expect(
            try machine.read(request("<resource>tomb</resource>"))
                == ["bind tomb of romeo@montague.example"]
        )
        _ = machine.receive(.bound(balcony))
        #expect(machine.isBound)
    }

    @Test func `happens once a stream`() throws {
        var machine = try Stage.bound.machine()
        let told = try machine.read(request("<resource>tomb</resource>", id: "again"))
        #expect(told.count == 1)
        #expect(told[0].contains(" id='again'") && told[0].contains("<not-allowed "))
        #expect(try machine.read(Wire.message) == ["stanza message"])
    }

    /// XEP-0198 §5: a resumed session has its resource.
    @Test func `is not needed for a session that is resumed`() throws {
        var machine = try Stage.authenticated.machine()
        #expect(try machine.read(Wire.resume) == ["manage resume"])
        #expect(machine.told(.resumed(balcony)) == [])
        #expect(machine.isBound)
        #expect(try machine.read(Wire.message) == ["stanza message"])
    }

    @Test func `is still possible where nothing could be resumed`() throws {
        var machine = try Stage.authenticated.machine()
        _ = try machine.read(Wire.resume)
        #expect(try machine.read(Wire.bind) == ["bind balcony of romeo@montague.example"])
    }
}
