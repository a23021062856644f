import MartletCore
import MartletXML
import Testing

@Suite struct StanzaReadingTests {
    private func fault(_ xml: String) throws -> StanzaFault? {
        let element = try Element.parse(xml)
        do {
            _ = try Stanza(element)
            return nil
        } catch { return error }
    }

    @Test(arguments: [  // RFC 6120 §8.2.3
        "<iq type='get'><a xmlns='urn:a'/></iq>", "<iq type='set'><a xmlns='urn:a'/></iq>",
        "<iq id='1'><a xmlns='urn:a'/></iq>", "<iq id='1' type='ask'><a xmlns='urn:a'/></iq>",
        "<iq id='1' type='get'/>",
        "<iq id='1' type='get'><a xmlns='urn:a'/><b xmlns='urn:b'/></iq>",
        "<presence type='here'/>",
    ])
    func `is refused`(xml: String) throws {
        guard case .refused(let error) = try fault(xml) else {
            Issue.record("was taken")
            return
        }
        #expect(error == .badRequest)
    }

    @Test(arguments: [  // RFC 6120 §8.3.1
        "<iq type='result'/>", "<iq type='error'/>", "<iq id='1' type='result' to='@a.example'/>",
        "<message type='error' to='@a.example'/>", "<presence type='error' to='a@'/>",
    ])
    func `is dropped without an answer`(xml: String) throws {
        guard case .ignored = try fault(xml) else {
            Issue.record("was taken, or refused")
            return
        }
    }

    @Test(arguments: [  // RFC 6120 §8.1.2.1
        "<message from=''/>", "<presence type='error' from='a@'/>", "<message from='no@t@jid'/>",
        "<iq id='1' type='result' from='@a.example'/>",
        "<iq id='1' type='get' from='a@b.example/'><a xmlns='urn:a'/></iq>",
    ])
    func `is not its sender's when from is no address`(xml: String) throws {
        guard case .invalidFrom = try fault(xml) else {
            Issue.record("was taken, refused or dropped")
            return
        }
    }

    @Test func `a request without an id is answered without one`() throws {
        let element = try Element.parse("<iq type='get'><a xmlns='urn:a'/></iq>")
        let domain = try JID("montague.example")
        let answer = Stanza.refusal(of: element, .badRequest, from: domain)
        #expect(answer?.id == nil && answer?.type == .error && answer?.from == domain)
        #expect(answer?.element.firstChild?.name == "a")
    }
}
