import MartletCore
import MartletCrypto
import MartletSASL
import MartletXML
import Testing

@testable import MartletStreams

/// SASL negotiation (RFC 6120 §6) and TLS before it (§5).
struct C2SLoginTests {
    private func auth(_ mechanism: String, _ text: String = "") -> String {
        "<auth xmlns='\(Namespace.sasl)' mechanism='\(mechanism)'>\(text)</auth>"
    }

    private func secured(_ house: StreamHost = .house()) -> C2SMachine {
        var machine = C2SMachine(house)
        _ = machine.receive(.secured(.tls))
        _ = machine.receive(.opened(.client()))
        return machine
    }

    private func failure(_ condition: String) -> String {
        "<failure xmlns='\(Namespace.sasl)'><\(condition)/></failure>"
    }

    @Test func `forgets what was said before TLS`() throws {
        var machine = try Stage.plain.machine()
        #expect(try machine.read(Wire.startTLS).last == "start TLS")
        #expect(machine.told(.secured(.tls)) == [])
        let told = machine.receive(.opened(.client())).map(\.summary)
        #expect(told == ["header", "features"])
        #expect(try machine.read(Wire.startTLS) == ["close policy-violation"])
    }

    /// RFC 6120 §5.4.2.2: the stream ends, without an error.
    @Test func `refuses TLS where it has none`() throws {
        var house = StreamHost.house()
        house.hasTLS = false
        var machine = C2SMachine(house)
        _ = machine.receive(.opened(.client()))
        #expect(
            try machine.read(Wire.startTLS) == ["<failure xmlns='\(Namespace.tls)'/>", "close "]
        )
        #expect(machine.isClosed)
    }

    @Test(arguments: [
        ("PLAIN", "!", "incorrect-encoding"), ("PLAIN", "QQ", "incorrect-encoding"),
        ("PLAIN", "Q Q==", "incorrect-encoding"), ("PLAIN", "====", "incorrect-encoding"),
        ("PLAIN", "=", "malformed-request"), ("PLAIN", "AA==", "malformed-request"),
        ("SCRAM-SHA-256", "AAAA", "malformed-request"), ("", "", "invalid-mechanism"),
        ("plain", "AHJvbWVvAHJvc2U=", "invalid-mechanism"),
        ("GSSAPI", "", "invalid-mechanism"), ("EXTERNAL", "=", "invalid-mechanism"),
    ])
    func `says what is wrong with a request`(
        mechanism: String,
        text: String,
        condition: String
    ) throws {
        var machine = secured()
        let told = try machine.read(auth(mechanism, text))
        #expect(told.last.map { $0.contains("<\(condition)") } == true, "\(told)")
        #expect(told.first == "failed nobody")
        #expect(!machine.isClosed, "it may be tried again")
    }

    @Test func `asks for a mechanism`() throws {
        var machine = secured()
        let told = try machine.read("<auth xmlns='\(Namespace.sasl)'>AAAA</auth>")
        #expect(told == ["failed nobody", failure("invalid-mechanism")])
    }

    @Test func `asks for what PLAIN left out`() throws {
        var machine = secured()
        let challenge = "<challenge xmlns='\(Namespace.sasl)'>=</challenge>"
        #expect(try machine.read(auth("PLAIN")) == [challenge])
        #expect(
            try machine.read(Wire.response) == ["verify rose of romeo@montague.example"]
        )
    }

    @Test(arguments: ["!!!!", "QQ"])
    func `refuses an answer that is not base64`(text: String) throws {
        var machine = secured()
        _ = try machine.read(auth("PLAIN"))
        let told = try machine.read("<response xmlns='\(Namespace.sasl)'>\(text)</response>")
        #expect(told == ["failed nobody", failure("incorrect-encoding")])
    }

    /// The three say the same: an account is not told from another by them.
    @Test func `tells every failed password in the same words`() throws {
        for refuse in [C2SMachine.Event.verified(false), .verified(false)] {
            var machine = secured()
            _ = try machine.read(Wire.plain)
            #expect(
                machine.told(refuse)
                    == ["failed romeo@montague.example", failure("not-authorized")]
            )
        }
        var machine = secured()
        _ = try machine.read(Wire.plain)
        #expect(
            machine.told(.authenticationUnavailable)
                == [failure("temporary-auth-failure")]
        )
    }

    /// RFC 6120 §6.4.5.
    @Test func `ends the stream after three failures, whatever they were`() throws {
        var machine = secured()
        _ = try machine.read(Wire.plain)
        #expect(machine.told(.verified(false)).count == 2)
        #expect(try machine.read(auth("GSSAPI")).count == 2)
        let told = try machine.read(Wire.abort)
        #expect(told.last == "close policy-violation")
        #expect(told.dropLast().last == failure("malformed-request"))
        #expect(machine.isClosed)
    }

    @Test func `lets in who knows the password at the last attempt`() throws {
        var machine = secured()
        for _ in 0..<2 {
            _ = try machine.read(Wire.plain)
            _ = machine.receive(.verified(false))
        }
        _ = try machine.read(Wire.plain)
        #expect(
            machine.told(.verified(true)) == [
                "<success xmlns='\(Namespace.sasl)'/>", "authenticated romeo@montague.example",
                "restart",
            ]
        )
        #expect(machine.account == romeo)
    }

    /// Attempts are not counted anew because the stream is.
    @Test func `counts failures over a restart by TLS`() throws {
        var machine = C2SMachine(.house(requiresTLS: false))
        _ = machine.receive(.opened(.client()))
        _ = try machine.read(auth("GSSAPI"))
        _ = try machine.read(auth("GSSAPI"))
        _ = try machine.read(Wire.startTLS)
        _ = machine.receive(.secured(.tls))
        _ = machine.receive(.opened(.client()))
        #expect(try machine.read(auth("GSSAPI")).last == "close policy-violation")
    }

    @Test func `blames nobody for what came after a login under another name`() throws {
        var machine = secured()
        _ = try machine.read(Wire.plain)
        _ = machine.receive(.verified(false))
        #expect(try machine.read(auth("GSSAPI")).first == "failed nobody")
    }

    @Test func `looks up the one who says a name in SCRAM, as addresses are prepared`() throws {
        var machine = secured()
        let first = Base64.encode(Array("n,,n=ROMEO,r=abcdefgh".utf8))
        #expect(
            try machine.read(auth("SCRAM-SHA-256", first))
                == ["look up romeo@montague.example for SCRAM-SHA-256"]
        )
    }

    @Test func `makes a visitor a name of their own`() throws {
        var machine = secured(.house(mechanisms: [.anonymous]))
        let told = try machine.read(auth("ANONYMOUS"))
        #expect(told == ["<challenge xmlns='\(Namespace.sasl)'>=</challenge>"])
        let done = try machine.read("<response xmlns='\(Namespace.sasl)'/>")
        #expect(done.last == "restart")
        #expect(machine.account?.domainpart == "montague.example")
        #expect(machine.account?.hasLocalpart == true)
    }
}
