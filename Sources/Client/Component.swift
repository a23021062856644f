public import MartletCore
import MartletCrypto
public import MartletNet
public import MartletStreams
public import MartletXML

/// A component of any XMPP server (XEP-0114): serves a domain, and sends and receives its stanzas.
///
/// One stream from `connect` to its end. XEP-0114 has no acknowledgements: what is on its way when the
/// connection breaks may be lost.
public actor Component {
    public nonisolated let shard: Shard
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        shard.asUnownedSerialExecutor()
    }

    /// What it serves.
    public nonisolated let domain: JID
    /// What the stream brings that answers no request of ours; ends with the stream.
    public nonisolated let stanzas: AsyncStream<Stanza>
    /// Why the stream ended, once it has.
    public private(set) var fault: ClientFault?

    private let received: AsyncStream<Stanza>.Continuation
    private let transport: Transport
    private var parser: StreamParser
    private var machine: ComponentClientMachine
    private var requests: [String: Request] = [:]
    private var ready: [CheckedContinuation<Result<Void, ClientFault>, Never>] = []
    private var closing: [CheckedContinuation<Void, Never>] = []
    private var isEnded = false
    /// Ends a handshake that takes too long.
    private var deadline: TimerID?

    /// Somebody was asked for something.
    private struct Request {
        let to: JID
        let continuation: CheckedContinuation<Result<Stanza, ClientFault>, Never>
    }

    /// Takes over a transport that stands; on its shard.
    init(_ transport: Transport, login: ComponentClientMachine.Login) {
        shard = transport.shard
        domain = login.domain
        self.transport = transport
        parser = StreamParser(pool: ParserPool(), limits: .standard)
        machine = ComponentClientMachine(login)
        (stanzas, received) = AsyncStream.makeStream()
    }

    /// Proves the secret; returns when the server has let it in.
    ///
    /// TLS comes first where a context is given, with a certificate for `serverName`.
    func start(
        tls: (context: TLSContext, serverName: String)?,
        within limit: Duration
    ) async throws(ClientFault) {
        transport.delegate = self
        deadline = shard.schedule(after: limit) { [weak self] in
            self?.assumeIsolated { $0.giveUp() }
        }
        if let tls {
            let role = TLSRole.client(serverName: tls.serverName, applicationProtocols: [])
            transport.startTLS(tls.context, role: role)
        } else {
            perform(machine.receive(.connected))
        }
        if machine.isOpen { return }
        if let fault { throw fault }
        try await withCheckedContinuation { ready.append($0) }.get()
    }

    /// Sends a stanza; without `from`, in the name of the domain.
    public func send(_ stanza: Stanza) {
        guard !isEnded else { return }
        let stanza =
            stanza.from == nil ? stanza.addressed(to: stanza.to, from: domain) : stanza
        transport.withOutput { stanza.append(to: &$0) }
    }

    /// Sends a request and waits for its answer, which may be an error stanza.
    ///
    /// - Throws: `ClientFault` when the stream ends first.
    public func request(
        _ type: StanzaType,
        to: JID,
        from: JID? = nil,
        _ payload: Element
    ) async throws(ClientFault) -> Stanza {
        guard !isEnded else { throw fault ?? .connection("the stream has ended") }
        let id = Random.token(byteCount: 8)
        let result = await withCheckedContinuation { continuation in
            requests[id] = Request(to: to, continuation: continuation)
            send(Stanza(.iq, type: type, to: to, from: from, id: id) { $0.append(payload) })
        }
        return try result.get()
    }

    /// Closes the stream and returns when the connection is gone.
    public func close() async {
        guard !isEnded else { return }
        perform(machine.close(nil))
        await withCheckedContinuation { closing.append($0) }
    }
}

// MARK: The stream

extension Component {
    /// The server took too long.
    private func giveUp() {
        deadline = nil
        fault = fault ?? .timedOut
        transport.close(afterFlush: false, within: .zero)
    }

    private func becomeReady() {
        if let deadline { shard.cancel(deadline) }
        deadline = nil
        for waiter in ready { waiter.resume(returning: .success(())) }
        ready = []
    }

    private func perform(_ actions: [ComponentClientMachine.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes): transport.send(bytes)
            case .send(let element): transport.withOutput { element.append(to: &$0) }
            case .joined: becomeReady()
            case .stanza(let stanza): take(stanza)
            case .answer(let stanza): send(stanza)
            case .fail(let fault): self.fault = self.fault ?? fault
            case .close(let error): end(error)
            }
        }
    }

    private func end(_ error: StreamError?) {
        if let error { transport.withOutput { error.element.append(to: &$0) } }
        transport.send(StreamOpening.closing)
        transport.close(afterFlush: true, within: .seconds(5))
    }

    private func take(_ stanza: Stanza) {
        if stanza.kind == .iq, stanza.type == .result || stanza.type == .error, let id = stanza.id,
            let request = requests[id], stanza.from == request.to
        {
            requests[id] = nil
            request.continuation.resume(returning: .success(stanza))
        } else {
            received.yield(stanza)
        }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        var events: [StreamEvent] = []
        let isXML = parser.read(bytes, into: &events) == nil
        for event in events {
            switch event.kind {
            case .opened(let header): perform(machine.receive(.opened(header)))
            case .element(let element): perform(machine.receive(.element(element)))
            case .closed: perform(machine.receive(.closed))
            }
        }
        guard !isXML, !machine.isClosed else { return }
        fault = fault ?? .protocolViolation("what the server sent is not XML")
        perform(machine.close(StreamError(.notWellFormed)))
    }

    private func ended(_ reason: TransportEnd) {
        isEnded = true
        _ = machine.close(nil)
        if let deadline { shard.cancel(deadline) }
        deadline = nil
        parser.close()
        let fault = self.fault ?? .connection("\(reason)")
        self.fault = fault
        for waiter in ready { waiter.resume(returning: .failure(fault)) }
        for request in requests.values { request.continuation.resume(returning: .failure(fault)) }
        for waiter in closing { waiter.resume() }
        (ready, requests, closing) = ([], [:], [])
        received.finish()
    }
}

extension Component: TransportDelegate {
    public nonisolated func transport(
        _ transport: Transport,
        received bytes: UnsafeRawBufferPointer
    ) {
        // Lent for the length of this call, which stays on the shard's thread.
        nonisolated(unsafe) let bytes = bytes
        assumeIsolated { $0.read(bytes) }
    }

    public nonisolated func transportSecured(_ transport: Transport) {
        assumeIsolated { $0.perform($0.machine.receive(.connected)) }
    }

    public nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        assumeIsolated { $0.ended(reason) }
    }
}
