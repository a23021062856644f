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
    nonisolated let service: C2SService
    nonisolated let terms: C2SListenerTerms
    let transport: Transport
    /// Unchecked for exclusive access, as is the machine: neither calls anybody while it is changed.
    @exclusivity(unchecked) var parser: StreamParser
    @exclusivity(unchecked) var machine: C2SMachine
    @exclusivity(unchecked) var events: [StreamEvent] = []
    /// Why reading stands still, if it does.
    var pauses: Set<Pause> = []
    /// Bytes that came behind an element whose handling waits.
    var leftover: [UInt8] = []
    /// The session, once a resource is bound.
    ///
    /// Unchecked for exclusive access, as are the buckets: nothing that changes one sees it again.
    @exclusivity(unchecked) var session: SessionID?
    @exclusivity(unchecked) var byteBucket: TokenBucket
    @exclusivity(unchecked) var stanzaBucket: TokenBucket
    /// Whom the client wrote to last.
    @exclusivity(unchecked) var correspondent: JID?
    var lastReceived: ShardInstant
    var watchdog: TimerID?
    /// When a resource has to be bound at the latest, whatever steps lead there.
    let loginBy: ShardInstant
    var isPinged = false
    /// A TLS handshake is under way: nothing that is said now would be read.
    var isSecuring = false
    /// Set while the connection is on its way to another shard.
    var departure: Departure?
    /// The work under way for negotiation; ended with the stream.
    var negotiation: Negotiation?
    /// Its place among those who have not logged in.
    private var stranger: Admission?
    /// What the log says of it beside its account: TLS, and the address that it bound.
    var tlsVersion: String?
    var bound: JID?

    enum Pause: Hashable {
        /// The machine waits for an answer; nothing may overtake it.
        case negotiation
        /// The home has too many stanzas of this stream waiting.
        case home
        /// The client sent more than its rate allows.
        case rate
        /// The client does not read its answers, so its questions are not read either.
        case congestion
    }

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
        self.service = service
        self.terms = terms
        self.transport = transport
        parser = StreamParser(pool: service.pool(of: shard), limits: limits.beforeLogin)
        machine = service.makeMachine(on: terms)
        byteBucket = limits.makeByteBucket(at: shard.now)
        stanzaBucket = limits.makeStanzaBucket(at: shard.now)
        lastReceived = shard.now
        loginBy = shard.now.advanced(by: limits.loginTime)
    }

    /// Goes on with a connection that logged in elsewhere.
    init(_ luggage: C2SLuggage, on shard: Shard, of service: C2SService) {
        let limits = service.limits
        self.shard = shard
        self.service = service
        terms = luggage.terms
        transport = luggage.transport.attach(to: shard)
        parser = StreamParser(
            pool: service.pool(of: shard),
            limits: limits.afterLogin,
            continuing: luggage.parser
        )
        machine = luggage.machine
        leftover = luggage.leftover
        byteBucket = limits.makeByteBucket(at: shard.now)
        stanzaBucket = limits.makeStanzaBucket(at: shard.now)
        lastReceived = shard.now
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
        service.remember(self)
        transport.delegate = self
        armWatchdog(within: loginTimeLeft)
        if let error = service.reasonToEnd { return shutDown(error) }
        guard terms.tls == .direct else { return }
        armWatchdog(within: min(service.limits.tlsTime, loginTimeLeft))
        if let context = service.tlsContext {
            isSecuring = true
            transport.startTLS(context, role: .server(applicationProtocols: ["xmpp-client"]))
        }
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
