import MartletCore
import MartletNet
import MartletStreams
import MartletXML
import Synchronization

/// One stream to or from another server: bytes in, stanzas to the homes; stanzas in, bytes out.
///
/// Pinned to its shard, as `C2SConnection` is. One that we opened lives where its pool does; one that
/// a peer opened stays where its socket was accepted, for it may speak for many domains.
actor S2SConnection: ShardHomed {
    nonisolated let shard: Shard
    nonisolated let service: S2SService
    /// What pools on other shards ask for.
    nonisolated let errands = PostBox<S2SErrand>()
    let edge: StreamEdge
    /// Unchecked for exclusive access: it calls nobody while it is changed.
    @exclusivity(unchecked) var machine: S2SMachine
    let origin: S2SOrigin
    let witness: S2SWitness?
    /// Who wants to know what becomes of a stream that we opened.
    let pool: (any PeerPool)?
    let since: ShardInstant
    private nonisolated let lastTraffic: Atomic<Int64>
    /// The domains for which it has a seat (`PeerSeats`).
    var seats: Set<JID> = []
    /// When the first pair has to be authorised.
    let provedBy: ShardInstant
    var delivery: S2SDelivery
    /// Told when the kernel has what was written before.
    var flushWaiters: [@Sendable () -> Void] = []
    var flushTimer: TimerID?
    /// Told when the peer has what was written, or it goes back.
    var arrivalWaiters: [@Sendable () -> Void] = []
    /// What the peer is to be told of what it sent.
    var receipts = S2SReceipts()
    /// Whom we may write to here, beside those of `machine.pairs` on a stream that we opened.
    var reversible: Set<DomainPair> = []
    var isProved = false
    /// Pairs of the peer's that the settings do not admit any more, on a stream that ends for that.
    var unwanted: Set<DomainPair> = []
    /// When an acknowledgement was asked for that has not come.
    var askedAt: ShardInstant?
    /// An acknowledgement is to be asked for soon.
    var isRequestSet = false
    /// A ping under way, and when the last one left.
    var echo: S2SEcho?
    var lastEcho: ShardInstant?
    /// The peer was seen not to read what is written; since then.
    var stalledSince: ShardInstant?
    /// A ping is to be sent soon.
    var isEchoDue = false
    /// Pairs whose pools were told to wait.
    var choked: Set<DomainPair> = []
    /// We have said goodbye, and listen until the peer does so too.
    var isLingering = false
    /// The transport is gone.
    var isOver = false
    /// Why it ends, once that is known.
    var fault: S2SFault?
    var received = 0
    var tlsVersion: String?
    /// Its place among those of whom nothing is proved.
    private var stranger: Admission?

    /// Takes over a transport that was just accepted on its shard.
    init(
        _ transport: Transport,
        of service: S2SService,
        terms: S2SListenerTerms,
        stranger: Admission
    ) {
        let settings = service.current
        self.service = service
        self.stranger = stranger
        shard = transport.shard
        origin = .accepted(terms)
        witness = nil
        pool = nil
        edge = service.makeEdge(transport, isDialled: false)
        machine = .incoming(service.makeIncomingMachine())
        since = shard.now
        lastTraffic = Atomic(since.nanoseconds)
        provedBy = since.advanced(by: settings.limits.authTime)
        delivery = S2SDelivery(settings.limits)
    }

    /// Takes over a transport that was just connected on its shard, for a pair.
    init(
        _ transport: Transport,
        _ order: S2SLinkOrder,
        of service: S2SService,
        pool: any PeerPool
    ) {
        let settings = service.current
        self.service = service
        self.pool = pool
        shard = transport.shard
        origin = .dialled(order)
        witness = order.witness
        edge = service.makeEdge(transport, isDialled: true)
        machine = .outgoing(
            service.makeOutgoingMachine(for: order.pair, isForStanzas: order.witness == nil)
        )
        since = shard.now
        lastTraffic = Atomic(since.nanoseconds)
        provedBy = since.advanced(by: settings.limits.negotiationTime)
        delivery = S2SDelivery(settings.limits)
    }

    var transport: Transport { edge.transport }

    /// When a stanza went or came last; any thread may look.
    nonisolated var lastStanza: ShardInstant {
        get { ShardInstant(nanoseconds: lastTraffic.load(ordering: .relaxed)) }
        set { lastTraffic.store(newValue.nanoseconds, ordering: .relaxed) }
    }

    /// Begins to negotiate.
    func begin() {
        service.streams.remember(self)
        transport.delegate = self
        armProof()
        if let error = service.streams.reasonToEnd { return shutDown(error) }
        switch origin {
        case .accepted(let terms): if terms.isDirect { secure() }
        case .dialled(let order):
            if !order.isAsking { carryOut(machine.receive(.wants(order.pair))) }
            if order.isDirect { secure() } else { carryOut(machine.receive(.connected)) }
        }
    }

    /// Something was proved: limits for strangers no longer hold.
    func becomeFamiliar() {
        guard !isProved else { return }
        isProved = true
        stranger?.giveBack()
        stranger = nil
        edge.parser.limits = service.current.limits.parserLimits
        watch()
    }

    /// Has a seat among the streams of a peer's domain; another one may have to go for that.
    func takeSeat(for domain: JID) {
        guard seats.insert(domain).inserted else { return }
        let limit = service.current.limits.streamsPerPeer
        guard let other = service.seats.take(domain, for: self, within: limit) else { return }
        other.shard.submit {
            other.assumeIsolated { stream in
                let error = StreamError(.policyViolation, "there are too many streams of \(domain)")
                stream.carryOut(stream.machine.close(error))
            }
        }
    }

    func leaveStrangers() {
        stranger?.giveBack()
        stranger = nil
    }

    /// This server stops, or no longer wants the peer.
    func shutDown(_ error: StreamError) {
        if fault == nil { fault = error.condition == .systemShutdown ? .stopping : .notAdmitted }
        carryOut(machine.close(error))
    }
}

/// Who opened the stream.
enum S2SOrigin: Sendable {
    case accepted(S2SListenerTerms)
    case dialled(S2SLinkOrder)

    var isDialled: Bool {
        if case .dialled = self { true } else { false }
    }
}
