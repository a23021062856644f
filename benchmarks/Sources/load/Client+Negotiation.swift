import MartletCrypto
import MartletXML

/// From the first features to a bound resource (RFC 6120 §5–7).
extension Client {
    enum Flow { case goOn, restart }

    private static let sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
    private static let tls = "urn:ietf:params:xml:ns:xmpp-tls"

    func negotiate(_ element: Element) -> Flow {
        switch (element.name, stage) {
        case ("features", .opening): choose(element)
        case ("proceed", .securing), ("proceed", .opening):
            startTLS()
            return .restart
        case ("challenge", .authenticating): answer(element)
        case ("success", .authenticating):
            isAuthenticated = true
            openStream()
            return .restart
        case ("iq", .binding): noteBinding(element)
        default: fail("unexpected <\(element.name)/>: \(element.text)")
        }
        return .goOn
    }

    private func choose(_ features: Element) {
        if isAuthenticated {
            stage = .binding
            send(
                """
                <iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>
                """
            )
        } else if terms.target.tls == .starttls, transport?.isSecure == false {
            send("<starttls xmlns='\(Self.tls)'/>")
        } else {
            authenticate()
        }
    }

    private func authenticate() {
        stage = .authenticating
        switch (terms.mechanism, terms.mechanism.hash) {
        case (_, let hash?):
            let login = ScramLogin(hash, username: username, keys: terms.keys)
            scram = login
            begin(login.first)
        case (.plain, _): begin(Array("\0\(username)\0\(Population.password)".utf8))
        default: begin([])
        }
    }

    /// Data that is there and empty is written `=` (RFC 6120 §6.4.2).
    private func begin(_ data: [UInt8]) {
        let text = data.isEmpty ? "=" : Base64.encode(data)
        send("<auth xmlns='\(Self.sasl)' mechanism='\(terms.mechanism.rawValue)'>\(text)</auth>")
    }

    private func answer(_ challenge: Element) {
        guard let data = Base64.decode(challenge.text), let response = scram?.final(data) else {
            return fail("a broken challenge")
        }
        respond(response)
    }

    private func respond(_ data: [UInt8]) {
        send("<response xmlns='\(Self.sasl)'>\(Base64.encode(data))</response>")
    }

    private func noteBinding(_ result: Element) {
        let bind = result.child("bind", in: "urn:ietf:params:xml:ns:xmpp-bind")
        guard let jid = bind?.child("jid", in: "urn:ietf:params:xml:ns:xmpp-bind")?.text else {
            return fail("no resource was bound")
        }
        self.jid = jid
        stage = .bound
        onBound(self)
    }
}
