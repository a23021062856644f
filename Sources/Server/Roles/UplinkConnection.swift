import MartletCore
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML

/// One stream to the main process (XEP-0114), as the component: what is in its domain goes to the
/// router, and what the domain's plugin sends goes out.
///
/// Pinned to the shard of its uplink.
actor UplinkConnection: ShardHomed {
    nonisolated let shard: Shard
    private let uplink: Uplink
    private let service: UplinkService
    private let edge: StreamEdge
    /// Unchecked for exclusive access: it calls nobody while it is changed.
    @exclusivity(unchecked) private var machine: ComponentClientMachine
    private var outlet = SeatOutlet()
    private var hasStood = false
    private var fault: ClientFault?

    /// How long the main process may take to believe the secret.
    private static let joinTime = Duration.seconds(30)
    /// After such a silence white space is sent, so that a peer that is gone is noticed.
    private static let keepaliveTime = Duration.seconds(60)

    /// Takes over a transport that was just connected on its shard.
    init(_ transport: Transport, _ login: ComponentClientMachine.Login, of uplink: Uplink) {
        let service = uplink.service
        shard = transport.shard
        self.uplink = uplink
        self.service = service
        let limits = service.limits
        edge = StreamEdge(
            transport,
            parser: StreamParser(pool: service.streams.parsers[shard], limits: service.xmlLimits),
            // Nobody takes from the buckets: the main process has limits of its own.
            bytes: limits.makeByteBucket(at: shard.now),
            stanzas: limits.makeStanzaBucket(at: shard.now)
        )
        machine = ComponentClientMachine(login)
    }

    func begin() {
        service.streams.remember(self)
        edge.transport.delegate = self
        edge.arm(within: Self.joinTime) { self.assumeIsolated { $0.timeOut() } }
        if let tls = service.tls {
            edge.startTLS(tls.context, role: tls.role)
        } else {
            carryOut(machine.receive(.connected))
        }
        if let error = service.streams.reasonToEnd { shutDown(error) }
    }

    private func secured() {
        edge.secured()
        carryOut(machine.receive(.connected))
    }

    func shutDown(_ error: StreamError) {
        carryOut(machine.close(error))
    }

    private func timeOut() {
        fault = .timedOut
        shutDown(StreamError(.connectionTimeout))
    }

    // MARK: What the main process says

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        guard edge.accepts(bytes) else { return }
        let (fault, _) = edge.read(bytes, while: { !machine.isClosed }) { event in
            carryOut(machine.receive(ComponentClientMachine.Event(event)))
            return .goOn
        }
        guard let fault else { return }
        self.fault = .protocolViolation("what the main process sent is not XML")
        shutDown(StreamError(fault))
    }

    private func carryOut(_ actions: [ComponentClientMachine.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes): edge.transport.send(bytes)
            case .send(let element): edge.write(element)
            case .joined: stand()
            case .stanza(let stanza): home.enter(with: stanza) { $0.receive(fromAbove: $1) }
            case .answer(let stanza): edge.transport.withOutput { stanza.append(to: &$0) }
            case .fail(let fault): self.fault = self.fault ?? fault
            case .close(let error): end(error)
            }
        }
    }

    /// The home of this shard, through which everything from elsewhere goes.
    private var home: RouterShard { service.router.homes[shard.index] }

    private func stand() {
        guard uplink.route.join(self) else { return shutDown(StreamError(.hostGone)) }
        hasStood = true
        uplink.assumeIsolated { $0.stood() }
        keepAlive()
    }

    private func keepAlive() {
        edge.arm(within: Self.keepaliveTime) {
            self.assumeIsolated { connection in
                if connection.edge.silence >= Self.keepaliveTime {
                    connection.edge.transport.send([0x20])
                }
                connection.keepAlive()
            }
        }
    }

    // MARK: What the main process is told

    private func write() {
        guard hasStood, !machine.isClosed else { return }
        outlet.write(from: uplink.route, for: self, to: edge.transport)
    }

    // MARK: The end

    /// Ends the stream from our side: the error if there is one, the closing tag, then the socket.
    ///
    /// Without an error the main process ended it, and reads nothing of what did not leave yet.
    private func end(_ error: StreamError?) {
        leave(unwritten: error == nil ? outlet.takeUnflushed() : [])
        edge.end(error, within: service.limits.closingTime)
    }

    /// Serves no more; what was not written waits for the next stream.
    private func leave(unwritten: [ComponentSeats.Item]) {
        outlet.flushed()
        uplink.route.leave(self, unwritten: unwritten)
    }

    /// The main process went without a word: what stands in the buffer will not be read.
    private func reachedEnd() {
        let wasClosed = machine.isClosed
        leave(unwritten: outlet.takeUnflushed())
        if !wasClosed { _ = machine.close(nil) }
        edge.transport.close(afterFlush: wasClosed, within: service.limits.closingTime)
    }

    private func closed(_ reason: TransportEnd) {
        leave(unwritten: outlet.takeUnflushed())
        _ = machine.close(nil)
        edge.close()
        service.streams.forget(self)
        let fault = self.fault ?? .connection("\(reason)")
        let hasStood = hasStood
        uplink.assumeIsolated { $0.ended(fault, hasStood: hasStood) }
    }
}

// MARK: From the route

extension UplinkConnection: ComponentLink {
    nonisolated func wake() {
        shard.submit { self.assumeIsolated { $0.write() } }
    }

    nonisolated func end(_ error: StreamError) {
        shard.submit { self.assumeIsolated { $0.shutDown(error) } }
    }
}

// MARK: From the transport

extension UplinkConnection: TransportDelegate {
    nonisolated func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        // Lent for the length of this call, which stays on the shard's thread.
        nonisolated(unsafe) let bytes = bytes
        assumeIsolated { $0.receive(bytes) }
    }

    nonisolated func transportSecured(_ transport: Transport) {
        assumeIsolated { $0.secured() }
    }

    nonisolated func transportReachedEnd(_ transport: Transport) {
        assumeIsolated { $0.reachedEnd() }
    }

    nonisolated func transportDrained(_ transport: Transport) {
        assumeIsolated { $0.write() }
    }

    nonisolated func transportFlushed(_ transport: Transport) {
        assumeIsolated { $0.outlet.flushed() }
    }

    nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        assumeIsolated { $0.closed(reason) }
    }
}

extension ComponentClientMachine.Event {
    fileprivate init(_ event: StreamEvent) {
        switch event.kind {
        case .opened(let header): self = .opened(header)
        case .element(let element): self = .element(element)
        case .closed: self = .closed
        }
    }
}
