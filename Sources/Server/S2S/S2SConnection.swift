import MartletCore
import MartletNet
import MartletStreams
import MartletXML

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
    /// Who wants to know what becomes of a stream that we opened.
    let pool: (any PeerPool)?
    let since: ShardInstant
    /// When the first pair has to be authorised.
    let provedBy: ShardInstant
    var delivery: S2SDelivery
    /// Whom we may write to here, beside those of `machine.pairs` on a stream that we opened.
    var reversible: Set<DomainPair> = []
    var isProved = false
    /// When an acknowledgement was asked for that has not come.
    var askedAt: ShardInstant?
    /// A ping under way, and when the last one left.
    var echo: S2SEcho?
    var lastEcho: ShardInstant?
    /// A ping is to be sent soon.
    var isEchoDue = false
    /// Pairs whose pools were told to wait.
    var choked: Set<DomainPair> = []
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
        pool = nil
        edge = service.makeEdge(transport, isDialled: false)
        machine = .incoming(service.makeIncomingMachine())
        since = shard.now
        provedBy = since.advanced(by: settings.limits.authTime)
        delivery = S2SDelivery(settings.limits)
    }

    /// Takes over a transport that was just connected on its shard, for a pair.
    init(_ dialled: DialledPeer, for pair: DomainPair, of service: S2SService, pool: any PeerPool) {
        let settings = service.current
        self.service = service
        self.pool = pool
        shard = dialled.transport.shard
        origin = .dialled(dialled)
        edge = service.makeEdge(dialled.transport, isDialled: true)
        machine = .outgoing(service.makeOutgoingMachine(for: pair))
        since = shard.now
        provedBy = since.advanced(by: settings.limits.negotiationTime)
        delivery = S2SDelivery(settings.limits)
    }

    var transport: Transport { edge.transport }

    /// Begins to negotiate.
    func begin() {
        service.streams.remember(self)
        transport.delegate = self
        armProof()
        if let error = service.streams.reasonToEnd { return shutDown(error) }
        switch origin {
        case .accepted(let terms): if terms.isDirect { secure() }
        case .dialled(let dialled):
            if dialled.isDirect { secure() } else { carryOut(machine.receive(.connected)) }
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
    case dialled(DialledPeer)

    var isDialled: Bool {
        if case .dialled = self { true } else { false }
    }
}

/// A connection to one of a domain's servers.
///
/// Unchecked, because the transport is used on its shard alone, where this is made and taken.
struct DialledPeer: @unchecked Sendable {
    let transport: Transport
    let isDirect: Bool
    /// Where it leads, for logs.
    let address: String
}
