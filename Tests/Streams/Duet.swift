import MartletCore
import MartletCrypto
import MartletSASL
import MartletXML

@testable import MartletStreams

/// A client's machine and a server's, back to back: what one sends, the other reads, as bytes.
struct Duet {
    var client: ClientMachine
    var server: C2SMachine
    /// What TLS gives each of them; they differ when somebody sits in between.
    var clientTLS = StreamSecurity.tls
    var serverTLS = StreamSecurity.tls
    /// What somebody in between makes of the server's elements; nil swallows one.
    var tamper: (Element) -> Element? = { $0 }
    var password = "rose"

    private(set) var bound: JID?
    private(set) var fault: ClientFault?
    /// The mechanism that the client chose.
    private(set) var mechanism: String?
    /// What went over the wire, an element's name each.
    private(set) var log: [String] = []
    private(set) var account: JID?

    private var toClient: [ClientMachine.Event] = []
    private var toServer: [C2SMachine.Event] = []

    init(_ house: StreamHost = .house(), _ login: ClientMachine.Login) {
        server = C2SMachine(house)
        client = ClientMachine(login)
    }

    /// A login of Romeo's.
    static func login(
        password: String = "rose",
        resource: String? = "balcony",
        requiresTLS: Bool = true,
        managed: Bool = false
    ) -> ClientMachine.Login {
        ClientMachine.Login(
            romeo,
            credentials: [.password(username: "romeo", password: password)],
            resource: resource,
            requiresTLS: requiresTLS,
            wantsStreamManagement: managed
        )
    }

    /// Lets both talk until neither has anything to say.
    mutating func play() throws {
        perform(client.receive(.connected(StreamSecurity())))
        while !(toClient.isEmpty && toServer.isEmpty) {
            if !toServer.isEmpty {
                let event = toServer.removeFirst()
                try perform(server.receive(event))
            } else {
                let event = toClient.removeFirst()
                perform(client.receive(event))
            }
        }
    }

    // MARK: The client's side

    private mutating func perform(_ actions: [ClientMachine.Action]) {
        for action in actions { perform(action) }
    }

    private mutating func perform(_ action: ClientMachine.Action) {
        switch action {
        case .write(let bytes): toServer += read(bytes).map(C2SMachine.Event.init)
        case .send(let element):
            log.append("> \(element.name)")
            if element.name == "auth" { mechanism = element.attribute("mechanism") }
            toServer.append(.element(element))
        case .startTLS: toClient.append(.secured(clientTLS))
        case .derive(var mechanism, let challenge):
            let answer: Result<[UInt8], SASLClientError>
            do { answer = .success(try mechanism.answer(challenge)) } catch {
                answer = .failure(error)
            }
            toClient.append(.answered(mechanism, answer))
        case .bound(let jid): bound = jid
        case .fail(let fault): self.fault = fault
        case .restart, .manage, .stanza, .close: break
        }
    }

    // MARK: The server's side

    private mutating func perform(_ actions: [C2SMachine.Action]) throws {
        for action in actions { try perform(action) }
    }

    private mutating func perform(_ action: C2SMachine.Action) throws {
        switch action {
        case .write(let bytes): toClient += read(bytes).map(ClientMachine.Event.init)
        case .send(let element): tell(element)
        // The client's own `startTLS` comes with it.
        case .startTLS: toServer.append(.secured(serverTLS))
        case .lookUp(let account, let name):
            let hash = name.scramHash ?? .sha256
            let known = account == romeo ? credentials(hash) : nil
            toServer.append(.credentials(known ?? standIn.credentials(of: account, hash: hash)))
        case .verify(let account, let password):
            toServer.append(.verified(account == romeo && password == self.password))
        case .authenticated(let account): self.account = account
        case .bind(let account, let resource):
            toServer.append(.bound(try account.with(resource: resource ?? "made")))
        case .manage(let element) where element.name == "enable":
            tell(Element("enabled", in: Namespace.streamManagement))
        case .consult: toServer.append(.consulted(.ignored))
        case .manage, .stanza, .restart, .failed: break
        case .close(let error):
            if let error { tell(error.element) }
            toClient.append(.closed)
        }
    }

    private mutating func tell(_ element: Element) {
        guard let element = tamper(element) else { return }
        log.append("< \(element.name)")
        toClient.append(.element(element))
    }

    private func credentials(_ hash: HashFunction) -> ScramCredentials? {
        .derive(password: password, hash: hash, iterations: 4_096)
    }

    private func read(_ bytes: [UInt8]) -> [StreamEvent.Kind] {
        guard bytes != StreamOpening.closing else { return [.closed] }
        var parser = StreamParser(pool: ParserPool())
        var events: [StreamEvent] = []
        _ = bytes.withUnsafeBytes { parser.read($0, into: &events) }
        return events.map(\.kind)
    }
}

extension C2SMachine.Event {
    fileprivate init(_ kind: StreamEvent.Kind) {
        switch kind {
        case .opened(let header): self = .opened(header)
        case .element(let element): self = .element(element)
        case .closed: self = .closed
        }
    }
}

extension ClientMachine.Event {
    fileprivate init(_ kind: StreamEvent.Kind) {
        switch kind {
        case .opened(let header): self = .opened(header)
        case .element(let element): self = .element(element)
        case .closed: self = .closed
        }
    }
}
