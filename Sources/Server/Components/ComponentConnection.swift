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
    nonisolated let service: ComponentService
    private let terms: ComponentListenerTerms
    let edge: StreamEdge
    /// Unchecked for exclusive access: it calls nobody while it is changed.
    @exclusivity(unchecked) private var machine: ComponentMachine
    /// What is for its domain, while it serves.
    private var route: ComponentRoute?
    private var outlet = SeatOutlet()
    /// What was written and may not have left when it began to serve no more, and where that goes back to.
    private var former: (route: ComponentRoute, rest: [ComponentSeats.Item])?
    /// Whether it has shown the secret.
    private var hasServed = false
    /// What it said that homes may not be done with.
    var round = ComponentRound()
    /// Whether a plugin of ours keeps the domain, in a process of the same server.
    private(set) var isOurs = false
    /// When the secret has to be shown at the latest.
    private let authBy: ShardInstant
    /// Its place among those who have not.
    private var stranger: Admission?

    /// After such a silence white space is sent, so that a peer that is gone is noticed.
    private static let keepaliveTime = Duration.seconds(60)

    /// Takes over a transport that was just accepted on its shard.
    init(
        _ transport: Transport,
        of service: ComponentService,
        terms: ComponentListenerTerms,
        stranger: Admission
    ) {
        let limits = service.limits
        shard = transport.shard
        self.service = service
        self.terms = terms
        self.stranger = stranger
        edge = StreamEdge(
            transport,
            parser: StreamParser(
                pool: service.streams.parsers[transport.shard],
                limits: limits.beforeLogin
            ),
            // A stranger's; a component gets its own when it has shown the secret.
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
        armAuthentication()
        if let error = service.streams.reasonToEnd { return shutDown(error) }
        if terms.isDirect { secure() }
    }

    private func armAuthentication() {
        edge.arm(within: authTimeLeft) {
            self.assumeIsolated { $0.shutDown(StreamError(.connectionTimeout)) }
        }
    }

    private var authTimeLeft: Duration { max(shard.now.duration(to: authBy), .zero) }

    /// Begins TLS, as a client's direct TLS does (XEP-0368), with no protocol's name for ALPN.
    private func secure() {
        guard let context = service.tls() else {
            report(.error, "a component cannot come: there is no certificate")
            _ = machine.close(nil)
            return edge.transport.close(afterFlush: false, within: .zero)
        }
        edge.arm(within: min(service.limits.tlsTime, authTimeLeft)) {
            self.assumeIsolated { $0.shutDown(StreamError(.connectionTimeout)) }
        }
        edge.startTLS(context, role: .server())
    }

    private func secured() {
        edge.secured()
        armAuthentication()
    }

    func shutDown(_ error: StreamError) {
        carryOut(machine.close(error))
    }

    // MARK: What the component says

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        guard edge.accepts(bytes) else { return }
        let (fault, _) = edge.read(bytes, while: { !machine.isClosed }) { event in
            if case .element = event.kind { edge.countStanza() }
            carryOut(machine.receive(ComponentMachine.Event(event)))
            return .goOn
        }
        if let fault { shutDown(StreamError(fault)) }
        // Strangers too: who knows no secret has little to say.
        edge.limitRate(bytes: bytes.count)
    }

    private func carryOut(_ actions: [ComponentMachine.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes): edge.transport.send(bytes)
            case .send(let element): edge.write(element)
            case .join(let domain): join(domain)
            case .stanza(let stanza): hand(over: stanza)
            case .answer(let stanza): edge.transport.withOutput { stanza.append(to: &$0) }
            case .close(let error): end(error)
            }
        }
    }

    private func join(_ domain: JID) {
        guard let (route, settings) = service.seat(of: domain) else {
            return shutDown(StreamError(.hostGone))
        }
        guard route.join(self) else { return shutDown(StreamError(.conflict)) }
        (self.route, hasServed, isOurs) = (route, true, settings.isKeptByPlugin)
        stranger?.giveBack()
        stranger = nil
        edge.parser.limits = settings.xmlLimits(service.limits)
        edge.byteBucket = settings.makeByteBucket(at: shard.now)
        edge.stanzaBucket = settings.makeStanzaBucket(at: shard.now)
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
        let (served, rest) = (route, outlet.takeUnflushed(edge.transport.bufferedBytes))
        leave(unwritten: [])
        former = served.map { ($0, rest) }
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
        // Others have had newer ones meanwhile: these can only go back.
        if reason != .closed, let former { former.route.giveUp(former.rest) }
        former = nil
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
        if let tls = edge.transport.tls { facts["tls"] = .string(tls.version) }
        guard hasServed else {
            return service.valve.log(level, message, facts, to: service.log, at: shard.now)
        }
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
        assumeIsolated { connection in
            connection.outlet.flushed()
            connection.former = nil
        }
    }

    nonisolated func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        assumeIsolated { $0.closed(reason) }
    }
}

extension ComponentSettings {
    /// What a plugin of ours sends is as much as it would be within the process.
    fileprivate func makeByteBucket(at now: ShardInstant) -> TokenBucket {
        isKeptByPlugin
            ? TokenBucket(rate: .max, burst: .max, now: now)
            : TokenBucket(rate: bytesPerSecond, burst: burstBytes, now: now)
    }

    fileprivate func makeStanzaBucket(at now: ShardInstant) -> TokenBucket {
        isKeptByPlugin
            ? TokenBucket(rate: .max, burst: .max, now: now)
            : TokenBucket(rate: stanzasPerSecond, burst: burstStanzas, now: now)
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
