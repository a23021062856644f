import MartletCore
import MartletCrypto
import MartletStreams
import MartletXML
import Testing

/// The words of XMPP, for a raw client.
extension RawClient {
    static func header(
        to domain: String = "montague.example",
        _ attributes: String = "version='1.0'"
    ) -> String {
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
            + "xmlns:stream='http://etherx.jabber.org/streams' to='\(domain)' \(attributes)>"
    }

    /// Opens a stream, the first or the next, and gives the features.
    @discardableResult
    func open(to domain: String = "montague.example") async throws -> Element {
        restart()
        send(Self.header(to: domain))
        try await expectHeader()
        return try await element()
    }

    @discardableResult
    func expectHeader(
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> StreamHeader {
        let event = try await next()
        guard case .opened(let header) = event else {
            throw Disappointment(description: "no stream header but \(event) at \(location)")
        }
        return header
    }

    /// The next element, whatever it is.
    func element(_ location: SourceLocation = #_sourceLocation) async throws -> Element {
        let event = try await next()
        guard case .element(let element) = event else {
            throw Disappointment(description: "no element but \(event) at \(location)")
        }
        return element
    }

    /// The next element, which must match.
    @discardableResult
    func expect(
        _ match: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> Element {
        let element = try await element(location)
        let isMatch = try Match(match).matches(element)
        #expect(isMatch, "\(element) is not \(match)", sourceLocation: location)
        return element
    }

    /// The next element that matches; those before it are passed over.
    @discardableResult
    func skip(
        to match: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> Element {
        let match = try Match(match)
        while true {
            let element = try await element(location)
            if match.matches(element) { return element }
        }
    }

    /// A stanza error of that type and condition, with that id if there is one.
    @discardableResult
    func expectError(
        _ type: String,
        _ condition: String,
        id: String? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> Element {
        let stanza = try await element(location)
        let error = stanza.child("error")
        #expect(stanza["type"] == "error", "\(stanza)", sourceLocation: location)
        #expect(error?["type"] == type, "\(stanza)", sourceLocation: location)
        #expect(
            error?.child(condition, in: Namespace.stanzaErrors) != nil,
            "\(stanza)",
            sourceLocation: location
        )
        if let id { #expect(stanza["id"] == id, sourceLocation: location) }
        return stanza
    }

    /// The stream error, the closing tag and the end of the connection, in this order.
    @discardableResult
    func expectStreamError(
        _ condition: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> Element {
        var event = try await next()
        if case .opened = event { event = try await next() }
        guard case .element(let error) = event else {
            throw Disappointment(description: "no error but \(event) at \(location)")
        }
        #expect(
            error.isNamed("error", in: Namespace.streams)
                && error.firstChild?.isNamed(condition, in: Namespace.streamErrors) == true,
            "\(error) is not \(condition)",
            sourceLocation: location
        )
        try await expectClosed(location)
        return error
    }

    /// The closing tag and the end of the connection.
    func expectClosed(_ location: SourceLocation = #_sourceLocation) async throws {
        let event = try await next()
        guard case .closed = event else {
            throw Disappointment(description: "no closing tag but \(event) at \(location)")
        }
        try await ended()
    }

    /// A SASL failure with that condition.
    func expectFailure(
        _ condition: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let failure = try await element(location)
        #expect(
            failure.isNamed("failure", in: Namespace.sasl)
                && failure.firstChild?.isNamed(condition, in: Namespace.sasl) == true,
            "\(failure) is not \(condition)",
            sourceLocation: location
        )
    }

    /// Shows that nothing came before the answer to a question asked now.
    func expectNothing(_ location: SourceLocation = #_sourceLocation) async throws {
        let domain = try jid.domainpart
        send(
            "<iq type='get' id='fence' to='\(domain)'><query xmlns='\(Namespace.discoInfo)'/></iq>"
        )
        try await expect("iq[@id='fence'][@type='result']", location)
    }

    // MARK: Logging in

    func sendAuth(_ mechanism: String, _ data: String?) {
        let text = data.map { $0.isEmpty ? "=" : Base64.encode(Array($0.utf8)) } ?? ""
        send("<auth xmlns='\(Namespace.sasl)' mechanism='\(mechanism)'>\(text)</auth>")
    }

    /// From an open stream to an authenticated one; gives the features.
    @discardableResult
    func authenticate(as user: JID) async throws -> Element {
        let name = try #require(user.localpart)
        sendAuth("PLAIN", "\0\(name)\0\(password)")
        try await expect("{\(Namespace.sasl)}success")
        return try await open(to: user.domainpart)
    }

    /// Asks for a resource; the address that was given is `jid` from now on.
    func bind(_ resource: String? = nil) async throws {
        let wish = resource.map { "<resource>\($0)</resource>" } ?? ""
        send("<iq type='set' id='bind'><bind xmlns='\(Namespace.bind)'>\(wish)</bind></iq>")
        let result = try await expect(
            "iq[@type='result']/{\(Namespace.bind)}bind/{\(Namespace.bind)}jid"
        )
        let address = result.firstChild?.firstChild?.text
        bind(try JID(try #require(address)))
    }
}

extension TestServer {
    /// A connection to the listener without TLS.
    func connect() async throws -> RawClient {
        try await RawClient.connect(to: plain, on: shard)
    }

    /// A stream that is open and nothing more.
    func stream(to domain: String = "montague.example") async throws -> RawClient {
        let client = try await connect()
        try await client.open(to: domain)
        return client
    }

    /// A stream over TLS by STARTTLS, with its features after the handshake.
    func secureStream(to domain: String = "montague.example") async throws -> (RawClient, Element) {
        let client = try await RawClient.connect(to: startTLS, on: shard)
        try await client.open(to: domain)
        await client.send("<starttls xmlns='\(Namespace.tls)'/>")
        try await client.expect("{\(Namespace.tls)}proceed")
        try await client.startTLS(name: domain)
        let features = try await client.open(to: domain)
        return (client, features)
    }

    /// A stream that is logged in and not bound.
    func authenticated(_ account: String, isAwake: Bool = false) async throws -> RawClient {
        let user = try JID(account)
        let client = try await stream(to: user.domainpart)
        await client.setAwake(isAwake)
        try await client.authenticate(as: user)
        return client
    }

    /// A client with a bound resource and no presence; one that is awake answers pings from the first on.
    func login(
        _ account: String,
        resource: String? = nil,
        isAwake: Bool = false
    ) async throws -> RawClient {
        let client = try await authenticated(account, isAwake: isAwake)
        try await client.bind(resource)
        return client
    }
}
