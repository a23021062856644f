import MartletCore
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML

/// One client's connection: bytes in, stanzas to the home; stanzas in, bytes out.
///
/// Pinned to its shard: the loop enters it without a hop, and so does the home once a resource is
/// bound, since by then the connection lives on the home's shard. Negotiation starts where the
/// socket was accepted; at bind everything moves into a new connection on the shard of the account's home.
actor C2SConnection: ShardHomed {
    nonisolated let shard: Shard
    /// The edge's: what is written needs nothing else of it.
    let transport: Transport
    nonisolated let service: C2SService
    nonisolated let terms: C2SListenerTerms
    let edge: StreamEdge
    /// Unchecked for exclusive access: it calls nobody while it is changed.
    @exclusivity(unchecked) var machine: C2SMachine
    /// The session, once a resource is bound.
    ///
    /// Unchecked for exclusive access: nothing that changes it sees it again.
    @exclusivity(unchecked) var session: SessionID?
    /// Whom the client wrote to last.
    @exclusivity(unchecked) var correspondent: JID?
    /// When a resource has to be bound at the latest, whatever steps lead there.
    let loginBy: ShardInstant
    @exclusivity(unchecked) var isPinged = false
    /// Set while the connection is on its way to another shard.
    var departure: Departure?
    /// The work under way for negotiation; ended with the stream.
    var negotiation: Negotiation?
    /// Its place among those who have not logged in.
    private var stranger: Admission?
    /// What the log says of it beside its account: TLS, and the address that it bound.
    var tlsVersion: String?
    var bound: JID?

    /// Takes over a transport that was just accepted on the shard.
    init(
        _ transport: Transport,
        on shard: Shard,
        of service: C2SService,
        terms: C2SListenerTerms,
        stranger: Admission
    ) {
        self.stranger = stranger
        let limits = service.limits
        self.shard = shard
        self.transport = transport
        self.service = service
        self.terms = terms
        edge = StreamEdge(
            transport,
            parser: StreamParser(pool: service.pool(of: shard), limits: limits.beforeLogin),
            bytes: limits.makeByteBucket(at: shard.now),
            stanzas: limits.makeStanzaBucket(at: shard.now)
        )
        machine = service.makeMachine(on: terms)
        loginBy = shard.now.advanced(by: limits.loginTime)
    }

    /// Goes on with a connection that logged in elsewhere.
    init(_ luggage: C2SLuggage, on shard: Shard, of service: C2SService) {
        let limits = service.limits
        self.shard = shard
        self.service = service
        terms = luggage.terms
        edge = StreamEdge(
            luggage.edge,
            on: shard,
            pool: service.pool(of: shard),
            limits: limits.afterLogin,
            bytes: limits.makeByteBucket(at: shard.now),
            stanzas: limits.makeStanzaBucket(at: shard.now)
        )
        transport = edge.transport
        machine = luggage.machine
        loginBy = luggage.loginBy
        tlsVersion = luggage.tlsVersion
    }

    /// Counts no longer as a stranger: it logged in, or is gone.
    func becomeFamiliar() {
        stranger?.giveBack()
        stranger = nil
    }

    /// Begins to negotiate.
    func begin() {
        service.streams.remember(self)
        transport.delegate = self
        armWatchdog(within: loginTimeLeft)
        if let error = service.streams.reasonToEnd { return shutDown(error) }
        guard terms.tls == .direct else { return }
        armWatchdog(within: min(service.limits.tlsTime, loginTimeLeft))
        if let context = service.tlsContext {
            edge.startTLS(context, role: .server(applicationProtocols: ["xmpp-client"]))
        }
    }

    /// The server is about to stop: what is not read by now is not acknowledged either.
    func stopReading() {
        if session != nil, service.isDeaf.load(ordering: .acquiring) { edge.pause(.stopping) }
    }

    /// The server stops: the client may come back elsewhere or later.
    func shutDown(_ error: StreamError) {
        _ = carryOut(machine.close(error))
    }

    /// Ends the stream if it belongs to the account, or is about to, and has no session: those are
    /// ended by their home.
    func dismiss(_ account: JID, with error: StreamError) {
        guard session == nil, let mine = machine.account ?? machine.claimant,
            mine.isSameAccount(as: account)
        else { return }
        shutDown(error)
    }
}
