public import MartletCore
public import MartletNet
public import MartletStorage

/// The homes of the accounts whose addresses hash to one shard.
///
/// An actor pinned to that shard: connections homed there call it plainly, other shards post to its
/// mailbox, and nothing it holds is ever locked. The tables are unchecked for exclusive access, which
/// each stanza would pay for: what is lent to a table's own methods is hashed and compared, no more.
public actor RouterShard: ShardHomed {
    public nonisolated let shard: Shard
    public nonisolated let store: any Store
    private nonisolated let mailbox = PostBox<Stanza>()
    private nonisolated let count: Int
    @exclusivity(unchecked) var domains: DomainTable
    private var peers: [RouterShard] = []
    @exclusivity(unchecked) var homesByAccount: [AccountKey: Home] = [:]
    @exclusivity(unchecked) var sessionsBySerial: [UInt64: Session] = [:]
    /// What `home(of:)` found last.
    @exclusivity(unchecked) private var latest: (account: JID, home: Home)?
    /// Sessions that have ended, while stanzas that their clients sent before that are in line.
    var leavingBySerial: [UInt64: Session] = [:]
    private var lastSerial: UInt64 = 0
    nonisolated let frames = FrameShelf()
    private var workInFlight = 0
    /// Where the chain waits that began to wait last; for whoever ran it to take.
    var openedGate: Gate?
    /// How many messages are being stored before their turn.
    var aheadCount = 0
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    init(on shard: Shard, of count: Int, store: any Store, domains: DomainTable) {
        self.shard = shard
        self.count = count
        self.store = store
        self.domains = domains
    }

    /// Where an address leads from here.
    func place(of jid: JID) -> Place {
        guard let domain = domains[of: jid] else {
            if let owner = domains.owner(ofService: jid) {
                return .service(owner, Router.homeIndex(of: jid, among: count))
            }
            return domains.route(to: jid).map { .elsewhere($0) } ?? .nowhere
        }
        guard jid.hasLocalpart else { return .domain(domain) }
        return .home(Router.homeIndex(of: jid, among: count))
    }

    /// Whether the address is in a domain of ours, in one that a module keeps, or in a component's.
    public func hosts(_ jid: JID) -> Bool { domains.hosts(jid) }

    /// Whether what is sent to the address goes to another server, or to a component.
    public func isElsewhere(_ jid: JID) -> Bool {
        if case .elsewhere = place(of: jid) { true } else { false }
    }

    /// The components that are listed under a domain.
    public func components(under domain: Domain) -> [JID] { domains.components(under: domain) }

    /// What the shard's clock says, from a beginning of its own: only differences mean something.
    public var time: Duration { .nanoseconds(shard.now.nanoseconds) }

    /// The account's home if it is in memory: it has sessions, or something waits for it.
    ///
    /// Asked again and again while one stanza is dealt with, so that the last answer is kept.
    public func home(of account: JID) -> Home? {
        if let latest, latest.account.isIdentical(to: account) { return latest.home }
        let home = homesByAccount[AccountKey(account)]
        if let home { latest = (account, home) }
        return home
    }

    /// Lets go of a home that nobody needs.
    func forget(_ home: Home) {
        homesByAccount[AccountKey(home.jid)] = nil
        latest = nil
    }

    public func session(_ id: SessionID) -> Session? { sessionsBySerial[id.serial] }

    public func session(serial: UInt64) -> Session? { sessionsBySerial[serial] }

    /// The domain of ours that an address is in.
    public func domain(of jid: JID) -> Domain? { domains[of: jid] }

    func nextSessionID(for jid: JID) -> SessionID {
        lastSerial += 1
        // Over all shards: none binds 2⁴⁸ resources.
        return SessionID(jid: jid, serial: UInt64(shard.index) << 48 | lastSerial)
    }

    /// Runs work that may wait, on this actor; it starts at once, and `drained` waits for its end.
    public func track(_ work: @escaping @Sendable (isolated RouterShard) async -> Void) {
        beginWork()
        Task.immediate {
            await work(self)
            self.endWork()
        }
    }

    /// The same, for work that needs the account's home, and what modules keep there, to stay.
    public func keepHome(
        of account: JID,
        during work: @escaping @Sendable (isolated RouterShard) async -> Void
    ) {
        guard let home = home(of: account) else { return track(work) }
        home.guests += 1
        track { shard in
            await work(shard)
            guard let home = shard.home(of: account) else { return }
            home.guests -= 1
            shard.forgetIfVacant(home)
        }
    }

    /// Something waits that `drained` is to wait for, until `endWork`.
    func beginWork() { workInFlight += 1 }

    func endWork() {
        workInFlight -= 1
        guard workInFlight == 0 else { return }
        for waiter in idleWaiters { waiter.resume() }
        idleWaiters.removeAll()
    }

    /// Returns when no handler waits any more.
    public func drained() async {
        guard workInFlight > 0 else { return }
        await withCheckedContinuation { idleWaiters.append($0) }
    }
}

extension RouterShard {
    nonisolated func join(_ homes: [RouterShard]) {
        shard.submit { self.assumeIsolated { $0.peers = homes } }
    }

    /// Forgets the others, and what domains and routes keep.
    nonisolated func leave() {
        shard.submit { self.assumeIsolated { ($0.peers, $0.domains) = ([], DomainTable([])) } }
    }

    /// The home of another shard, as long as this one has not left.
    func peer(_ index: Int) -> RouterShard? { index < peers.count ? peers[index] : nil }

    /// Puts a stanza down for this shard, from any thread; those of one sender stay in order.
    public nonisolated func post(_ stanza: Stanza) {
        guard mailbox.append(stanza) else { return }
        shard.submit { self.assumeIsolated { $0.takeMail() } }
    }

    private func takeMail() {
        for stanza in mailbox.take() { deliver(stanza) }
    }
}
