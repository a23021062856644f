public import MartletCore
import MartletCrypto
public import MartletNet
import MartletSASL
public import MartletStreams
public import MartletXML

/// A client of any XMPP server: logs in, binds a resource, sends and receives stanzas.
///
/// One stream from `connect` to its end. With stream management, what the server has not acknowledged
/// when the connection breaks can be carried into the next one (`resumption`, XEP-0198 §5).
public actor Client {
    public nonisolated let shard: Shard
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        shard.asUnownedSerialExecutor()
    }

    /// The full address that the server bound; nil before.
    public private(set) var jid: JID?
    /// What the stream brings that answers no request of ours; ends with the stream.
    public nonisolated let stanzas: AsyncStream<Stanza>
    /// Whether the server resumed an earlier session instead of binding a new one.
    public private(set) var isResumed = false
    /// Why the stream ended, once it has.
    public private(set) var fault: ClientFault?

    private let received: AsyncStream<Stanza>.Continuation
    private let transport: Transport
    private let tls: TLSContext?
    private let serverName: String
    private var isDirectTLS = false
    private var parser: StreamParser
    private var machine: ClientMachine
    private var events: [StreamEvent] = []
    private var requests: [String: Request] = [:]
    private var ready: [CheckedContinuation<Result<JID, ClientFault>, Never>] = []
    private var closing: [CheckedContinuation<Void, Never>] = []
    private var isEnded = false
    private var derivation: Task<Void, Never>?
    private var management: ClientManagement?
    /// Ends a login that takes too long.
    private var deadline: TimerID?

    /// Somebody was asked for something.
    private struct Request {
        let to: JID?
        let continuation: CheckedContinuation<Result<Stanza, ClientFault>, Never>
    }

    /// Takes over a transport that stands; on its shard.
    init(
        _ transport: Transport,
        login: ClientMachine.Login,
        tls: TLSContext?,
        resuming earlier: ClientManagement?
    ) {
        shard = transport.shard
        self.transport = transport
        self.tls = tls
        serverName = login.account.domainpart
        parser = StreamParser(pool: ParserPool(), limits: .standard)
        machine = ClientMachine(login, resuming: earlier?.resumption)
        management = earlier
        (stanzas, received) = AsyncStream.makeStream()
    }

    /// Starts to negotiate; returns when a resource is bound or a session resumed.
    func start(isDirectTLS: Bool, within limit: Duration) async throws(ClientFault) -> JID {
        transport.delegate = self
        deadline = shard.schedule(after: limit) { [weak self] in
            self?.assumeIsolated { $0.giveUp() }
        }
        self.isDirectTLS = isDirectTLS
        if isDirectTLS {
            startTLS()
        } else {
            perform(machine.receive(.connected(StreamSecurity())))
        }
        return try await whenReady()
    }

    /// Sends a stanza; with stream management it is kept until the server has it.
    public func send(_ stanza: Stanza) {
        guard !isEnded else { return }
        management?.sent(stanza)
        transport.withOutput { stanza.append(to: &$0) }
    }

    /// Sends bytes as they are; for tests of what a server does with bad ones.
    public func send(raw bytes: [UInt8]) {
        transport.send(bytes)
    }

    /// Sends a request and waits for its answer, which may be an error stanza.
    ///
    /// - Throws: `ClientFault` when the stream ends first.
    public func request(
        _ type: StanzaType,
        to: JID? = nil,
        _ payload: Element
    ) async throws(ClientFault) -> Stanza {
        guard !isEnded else { throw fault ?? .connection("the stream has ended") }
        let id = Random.token(byteCount: 8)
        let result = await withCheckedContinuation { continuation in
            requests[id] = Request(to: to, continuation: continuation)
            send(Stanza(.iq, type: type, to: to, id: id) { $0.append(payload) })
        }
        return try result.get()
    }

    /// Sends a chat message.
    public func send(_ text: String, to: JID) {
        let message = Stanza(.message, type: .chat, to: to, id: Random.token(byteCount: 8)) {
            $0.element("body") { $0.text(text) }
        }
        send(message)
    }

    /// Says that the client is there (RFC 6121 §4.2).
    public func sendPresence(priority: Int? = nil) {
        let presence = Stanza(.presence, type: .available, to: nil) { presence in
            guard let priority else { return }
            presence.element("priority") { $0.text(String(priority)) }
        }
        send(presence)
    }

    /// Closes the stream and returns when the connection is gone.
    public func close() async {
        guard !isEnded else { return }
        transport.send(StreamOpening.closing)
        transport.close(afterFlush: true, within: .seconds(5))
        await withCheckedContinuation { closing.append($0) }
    }

    /// Cuts the connection without a word, as a lost network does.
    ///
    /// - Returns: what a new connection needs to resume the session, if the server offered that.
    public func cut() -> ClientManagement? {
        transport.close(afterFlush: false, within: .zero)
        return management
    }
}

// MARK: Negotiation

extension Client {
    private func whenReady() async throws(ClientFault) -> JID {
        if let jid { return jid }
        if let fault { throw fault }
        return try await withCheckedContinuation { ready.append($0) }.get()
    }

    /// The server took too long.
    private func giveUp() {
        deadline = nil
        perform(.fail(.timedOut))
        transport.close(afterFlush: false, within: .zero)
    }

    private func becomeReady(_ jid: JID) {
        if let deadline { shard.cancel(deadline) }
        deadline = nil
        self.jid = jid
        management?.jid = jid
        for waiter in ready { waiter.resume(returning: .success(jid)) }
        ready = []
    }

    private func perform(_ actions: [ClientMachine.Action]) {
        for action in actions { perform(action) }
    }

    private func perform(_ action: ClientMachine.Action) {
        switch action {
        case .write(let bytes): transport.send(bytes)
        case .send(let element): transport.withOutput { element.append(to: &$0) }
        case .startTLS: startTLS()
        case .restart: parser.restart()
        case .bound(let jid): becomeReady(jid)
        case .derive(let mechanism, let challenge): derive(mechanism, challenge)
        case .manage(let element): manage(element)
        case .stanza(let element): take(element)
        case .fail(let fault): self.fault = self.fault ?? fault
        case .close: transport.close(afterFlush: true, within: .seconds(5))
        }
    }

    private func startTLS() {
        guard let tls else { return perform([.fail(.tlsRefused), .close]) }
        let protocols = isDirectTLS ? ["xmpp-client"] : []
        transport.startTLS(
            tls,
            role: .client(serverName: serverName, applicationProtocols: protocols)
        )
    }

    private func manage(_ element: Element) {
        switch element.name {
        case "enabled":
            management = ClientManagement()
            management?.enabled(element)
        case "resumed": takeUp(element)
        case "r":
            guard let answer = management?.acknowledgement else { return }
            transport.withOutput { answer.append(to: &$0) }
        case "a":
            guard management?.acknowledge(element) == false else { return }
            perform([.fail(.protocolViolation("more was acknowledged than was sent")), .close])
        // The session is gone; what it did not acknowledge is the caller's again.
        case "failed": management = nil
        default: break
        }
    }

    /// The old session goes on: what the server missed is sent again (XEP-0198 §5).
    private func takeUp(_ element: Element) {
        guard management?.acknowledge(element) == true, let jid = management?.jid else {
            return perform([.fail(.protocolViolation("the resumption makes no sense")), .close])
        }
        isResumed = true
        for stanza in management?.unacknowledged ?? [] {
            transport.withOutput { stanza.append(to: &$0) }
        }
        becomeReady(jid)
    }

    /// Derives SCRAM's keys, which takes milliseconds, off the loop.
    private func derive(_ mechanism: any SASLClientMechanism, _ challenge: [UInt8]) {
        transport.pauseReading()
        derivation = Task { [weak self] in
            let (mechanism, answer) = await Self.answer(challenge, by: mechanism)
            await self?.derived(mechanism, answer)
        }
    }

    @concurrent
    private static func answer(
        _ challenge: [UInt8],
        by mechanism: any SASLClientMechanism
    ) async -> (any SASLClientMechanism, Result<[UInt8], SASLClientError>) {
        var mechanism = mechanism
        do {
            let answer = try mechanism.answer(challenge)
            return (mechanism, .success(answer))
        } catch {
            return (mechanism, .failure(error))
        }
    }

    private func derived(
        _ mechanism: any SASLClientMechanism,
        _ answer: Result<[UInt8], SASLClientError>
    ) {
        derivation = nil
        guard !isEnded else { return }
        transport.resumeReading()
        perform(machine.receive(.answered(mechanism, answer)))
    }

    private func take(_ element: Element) {
        // The server counts a stanza that makes no sense here, too.
        management?.countReceived()
        guard let stanza = try? Stanza(element) else { return }
        if stanza.kind == .iq, stanza.type == .result || stanza.type == .error, let id = stanza.id,
            let request = requests[id], isAnswer(stanza, to: request)
        {
            requests[id] = nil
            request.continuation.resume(returning: .success(stanza))
        } else {
            received.yield(stanza)
        }
    }

    /// Whether it comes from the one who was asked: anyone can write an id (RFC 6120 §8.1.2.1).
    private func isAnswer(_ stanza: Stanza, to request: Request) -> Bool {
        guard let from = stanza.from else {
            return request.to.map { $0 == jid?.bare || $0 == jid?.domain } ?? true
        }
        guard let asked = request.to else {
            return from == jid || from == jid?.bare || from == jid?.domain
        }
        return from == asked
    }
}

// MARK: The transport

extension Client: TransportDelegate {
    public nonisolated func transport(
        _ transport: Transport,
        received bytes: UnsafeRawBufferPointer
    ) {
        // Lent for the length of this call, which stays on the shard's thread.
        nonisolated(unsafe) let bytes = bytes
        assumeIsolated { $0.read(bytes) }
    }

    public nonisolated func transportSecured(_ transport: Transport) {
        assumeIsolated { client in
            var security = StreamSecurity()
            security.isEncrypted = true
            security.channelBindings = transport.tls.map(ChannelBinding.all(of:)) ?? []
            client.perform(client.machine.receive(.secured(security)))
        }
    }

    public nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        assumeIsolated { $0.ended(reason) }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            var events: [StreamEvent] = []
            let fault = parser.read(rest, into: &events)
            var restartsAt: Int?
            for event in events {
                let actions = machine.receive(event)
                perform(actions)
                let isRestarted = actions.contains { if case .restart = $0 { true } else { false } }
                if isRestarted {
                    restartsAt = event.endOffset
                    break
                }
            }
            if fault != nil, restartsAt == nil {
                perform([.fail(.protocolViolation("what the server sent is not XML")), .close])
            }
            guard let restartsAt else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[restartsAt...])
        }
    }

    private func ended(_ reason: TransportEnd) {
        isEnded = true
        if let deadline { shard.cancel(deadline) }
        deadline = nil
        parser.close()
        let fault = self.fault ?? .connection("\(reason)")
        self.fault = fault
        for waiter in ready { waiter.resume(returning: .failure(fault)) }
        for request in requests.values {
            request.continuation.resume(returning: .failure(fault))
        }
        for waiter in closing { waiter.resume() }
        (ready, requests, closing) = ([], [:], [])
        received.finish()
    }
}

extension ClientMachine {
    fileprivate mutating func receive(_ event: StreamEvent) -> [Action] {
        switch event.kind {
        case .opened(let header): receive(.opened(header))
        case .element(let element): receive(.element(element))
        case .closed: receive(.closed)
        }
    }
}
