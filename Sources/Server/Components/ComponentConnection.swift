import Logging
import MartletCore
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML

/// One component's connection (XEP-0114): bytes in, stanzas to the router; stanzas in, bytes out.
///
/// Pinned to the shard that accepted it, where it stays: it speaks for a whole domain.
actor ComponentConnection: ShardHomed {
    nonisolated let shard: Shard
    private let service: ComponentService
    let edge: StreamEdge
    /// Unchecked for exclusive access: it calls nobody while it is changed.
    @exclusivity(unchecked) private var machine: ComponentMachine
    /// What is for its domain, while it serves.
    private var route: ComponentRoute?
    private var outlet = SeatOutlet()
    /// Whether a plugin of ours keeps the domain, in a process of the same server.
    private var isOurs = false
    /// When the secret has to be shown at the latest.
    private let authBy: ShardInstant
    /// Its place among those who have not.
    private var stranger: Admission?

    /// After such a silence white space is sent, so that a peer that is gone is noticed.
    private static let keepaliveTime = Duration.seconds(60)

    /// Takes over a transport that was just accepted on its shard.
    init(_ transport: Transport, of service: ComponentService, stranger: Admission) {
        let limits = service.limits
        shard = transport.shard
        self.service = service
        self.stranger = stranger
        edge = StreamEdge(
            transport,
            parser: StreamParser(
                pool: service.streams.parsers[transport.shard],
                limits: limits.beforeLogin
            ),
            // Nobody takes from the buckets: who knows the secret is trusted (XEP-0114 §4).
            bytes: limits.makeByteBucket(at: transport.shard.now),
            stanzas: limits.makeStanzaBucket(at: transport.shard.now)
        )
        machine = service.makeMachine()
        authBy = transport.shard.now.advanced(by: limits.loginTime)
    }

    /// Begins to negotiate.
    func begin() {
        service.streams.remember(self)
        edge.transport.delegate = self
        edge.arm(within: max(shard.now.duration(to: authBy), .zero)) {
            self.assumeIsolated { $0.shutDown(StreamError(.connectionTimeout)) }
        }
        if let error = service.streams.reasonToEnd { shutDown(error) }
    }

    func shutDown(_ error: StreamError) {
        carryOut(machine.close(error))
    }

    // MARK: What the component says

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        guard edge.accepts(bytes) else { return }
        let (fault, _) = edge.read(bytes, while: { !machine.isClosed }) { event in
            carryOut(machine.receive(ComponentMachine.Event(event)))
            return .goOn
        }
        if let fault { shutDown(StreamError(fault)) }
    }

    private func carryOut(_ actions: [ComponentMachine.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes): edge.transport.send(bytes)
            case .send(let element): edge.write(element)
            case .join(let domain): join(domain)
            case .stanza(let stanza):
                if isOurs {
                    home.enter(with: stanza) { $0.route($1) }
                } else {
                    home.enter(with: stanza) { $0.receive(fromElsewhere: $1) }
                }
            case .answer(let stanza): edge.transport.withOutput { stanza.append(to: &$0) }
            case .close(let error): end(error)
            }
        }
    }

    /// The home of this shard, through which everything from elsewhere goes.
    private var home: RouterShard { service.router.homes[shard.index] }

    private func join(_ domain: JID) {
        guard let route = service.route(of: domain) else {
            return shutDown(StreamError(.hostGone))
        }
        guard route.join(self) else { return shutDown(StreamError(.conflict)) }
        self.route = route
        isOurs = service.isKeptByPlugin(domain)
        stranger?.giveBack()
        stranger = nil
        edge.parser.limits = service.xmlLimits(of: domain)
        carryOut(machine.receive(.joined))
        report(.info, "component serves")
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

    // MARK: What the component is told

    /// Writes what waits, as long as the component reads it.
    private func write() {
        guard let route else { return }
        outlet.write(from: route, for: self, to: edge.transport)
    }

    // MARK: The end

    /// Ends the stream from our side: the error if there is one, the closing tag, then the socket.
    private func end(_ error: StreamError?) {
        leave(unwritten: [])
        if let error { report(.info, "stream error", ["condition": "\(error.condition.rawValue)"]) }
        edge.end(error, within: service.limits.closingTime)
    }

    /// Serves no more; what was not written finds another way.
    private func leave(unwritten: [ComponentSeats.Item]) {
        outlet.flushed()
        guard let route else { return }
        self.route = nil
        route.leave(self, unwritten: unwritten)
    }

    /// The component went without a word: what stands in the buffer will not be read.
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
        stranger?.giveBack()
        stranger = nil
        service.streams.forget(self)
        report(.info, "connection closed", ["reason": "\(reason)"])
    }

    /// Says what happened, and whose connection it is, as far as that is known.
    private func report(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ more: Logger.Metadata = [:]
    ) {
        var facts = more
        facts["peer"] = .string(edge.transport.peerAddress.description)
        if let domain = machine.domain { facts["component"] = .string(domain.description) }
        service.log.log(level: level, message, metadata: facts)
    }
}

// MARK: From the route

extension ComponentConnection: ComponentLink {
    nonisolated func wake() {
        shard.submit { self.assumeIsolated { $0.write() } }
    }

    nonisolated func end(_ error: StreamError) {
        shard.submit { self.assumeIsolated { $0.shutDown(error) } }
    }
}

// MARK: From the transport

extension ComponentConnection: TransportDelegate {
    nonisolated func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        // Lent for the length of this call, which stays on the shard's thread.
        nonisolated(unsafe) let bytes = bytes
        assumeIsolated { $0.receive(bytes) }
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

extension ComponentMachine.Event {
    fileprivate init(_ event: StreamEvent) {
        switch event.kind {
        case .opened(let header): self = .opened(header)
        case .element(let element): self = .element(element)
        case .closed: self = .closed
        }
    }
}
