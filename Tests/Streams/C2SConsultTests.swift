import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Requests before a resource is bound, which modules deal with.
struct C2SConsultTests {
    private static let login = """
        <iq type='set' id='l'><query xmlns='jabber:iq:auth'><username>romeo</username>\
        <password>rose</password><resource>balcony</resource></query></iq>
        """

    /// A machine under TLS that modules were asked about a login.
    private func asked() throws -> C2SMachine {
        var house = StreamHost.house()
        house.consultsModules = true
        var machine = C2SMachine(house)
        _ = machine.receive(.opened(.client()))
        _ = try machine.read(Wire.startTLS)
        _ = machine.receive(.secured(.tls))
        _ = machine.receive(.opened(.client()))
        #expect(try machine.read(Self.login) == ["consult iq"])
        return machine
    }

    private func refusal(_ code: Int, _ type: String, _ condition: String) throws -> String {
        let error = """
            <iq type='error' id='l'><error code='\(code)' type='\(type)'>\
            <\(condition) xmlns='\(Namespace.stanzaErrors)'/></error></iq>
            """
        return try Element.parse(error).description
    }

    @Test func `takes a client for who its module says it is`() throws {
        var machine = try asked()
        let answer = Element("iq", ["type": "result", "id": "l"])
        #expect(
            machine.told(.consulted(.login(balcony, [answer])))
                == ["authenticated \(romeo)", "bind balcony of \(romeo)"]
        )
        #expect(machine.told(.bound(balcony)) == [answer.description])
        #expect(machine.isBound)
    }

    /// XEP-0078 §3.1, §5: what was sent has a password in it; clients may know nothing but numbers.
    @Test func `refuses a login without repeating it, and with the number of the error`() throws {
        var machine = try asked()
        _ = machine.receive(.consulted(.login(balcony, [])))
        #expect(
            machine.told(.bindRefused(.resourceConstraint))
                == [try refusal(500, "wait", "resource-constraint")]
        )
        #expect(machine.account == nil)

        let stranger = JID(prepared: "juliet", "capulet.example", "chamber")
        #expect(try machine.read(Self.login) == ["consult iq"])
        #expect(
            machine.told(.consulted(.login(stranger, [])))
                == [try refusal(405, "cancel", "not-allowed")]
        )
        #expect(machine.account == nil)
    }

    @Test func `counts failures of SASL, whatever modules do in between`() throws {
        var machine = try asked()
        #expect(machine.failedAttempts == 0)
        _ = machine.receive(.consulted(.handled([])))
        _ = try machine.read(Wire.plain)
        _ = machine.receive(.verified(false))
        #expect(machine.failedAttempts == 1)
        #expect(try machine.read(Self.login) == ["consult iq"])
        #expect(
            machine.told(.consulted(.close(StreamError(.policyViolation))))
                == ["close policy-violation"]
        )
        #expect(machine.isClosed)
    }
}
