import Logging
import MartletCore
import MartletNet
import MartletStreams

/// How one domain of the services' process is joined to the main process: one stream after another, for
/// as long as the domain is served here.
///
/// Pinned to a shard, as its streams are. What is to go waits in `route` meanwhile.
actor Uplink: ShardHomed {
    nonisolated let shard: Shard
    nonisolated let domain: JID
    nonisolated let route: ComponentRoute
    let service: UplinkService
    private var secret: Secret
    private var pace = UplinkPace()
    private var isOver = false
    private var rest: TimerID?
    /// Why it is away, as far as that was told; nil while it stands.
    private var toldFault: ClientFault?

    init(
        _ domain: JID,
        _ settings: ComponentSettings,
        of service: UplinkService,
        on shard: Shard
    ) {
        self.shard = shard
        self.domain = domain
        self.service = service
        secret = settings.secret
        let router = service.router
        route = ComponentRoute(
            settings.ofUplink,
            on: router.homes.map(\.shard)
        ) { router.bounce($0, $1) }
    }

    /// Begins to dial; from any thread.
    nonisolated func begin() {
        shard.submit { self.assumeIsolated { $0.dial() } }
    }

    /// Goes by other settings from now on; from any thread.
    nonisolated func adopt(_ settings: ComponentSettings) {
        route.adopt(settings.ofUplink)
        shard.submit { self.assumeIsolated { $0.secret = settings.secret } }
    }

    /// Ends the stream and returns what waits; for good, and from any thread.
    nonisolated func close(_ error: StreamError) {
        route.close(error)
        shard.submit { self.assumeIsolated { $0.stop() } }
    }

    private func stop() {
        isOver = true
        if let rest { shard.cancel(rest) }
        rest = nil
    }

    private func dial() {
        rest = nil
        guard !isOver else { return }
        service.dialler.dial(on: shard) { [self] result in
            assumeIsolated { $0.dialled(result) }
        }
    }

    private func dialled(_ result: Result<Transport, NetError>) {
        switch result {
        case .success(let transport):
            guard !isOver else { return transport.close(afterFlush: false, within: .zero) }
            let login = ComponentClientMachine.Login(domain: domain, secret: secret.bytes)
            let connection = UplinkConnection(transport, login, of: self)
            connection.assumeIsolated { $0.begin() }
        case .failure(let error): ended(.connection("\(error)"), hasStood: false)
        }
    }

    // MARK: From the connection, on this shard

    /// Stanzas go both ways.
    func stood() {
        pace.succeed()
        toldFault = nil
        report(.info, "uplink stands")
    }

    /// The stream, or the attempt to have one, is over.
    func ended(_ fault: ClientFault, hasStood: Bool) {
        guard !isOver else { return }
        let isRefused = !hasStood && fault.isRefusal
        let time = pace.rest(isRefused: isRefused, chance: service.chance())
        rest = shard.schedule(after: time) { self.assumeIsolated { $0.dial() } }
        tell(fault, isRefused, time)
    }

    /// Says why the uplink is away, once as long as that stays the same.
    private func tell(_ fault: ClientFault, _ isRefused: Bool, _ time: Duration) {
        let facts: Logger.Metadata = [
            "reason": "\(fault)", "again": "\(time.components.seconds + 1) s",
        ]
        if fault == toldFault {
            report(.debug, "the uplink is still away", facts)
        } else if isRefused {
            report(.error, "the main process refuses the uplink", facts)
        } else {
            report(.warning, "the uplink is away", facts)
        }
        toldFault = fault
    }

    private func report(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ more: Logger.Metadata = [:]
    ) {
        let facts = more.merging(["component": "\(domain)"]) { $1 }
        service.log.log(level: level, message, metadata: facts)
    }
}

extension ClientFault {
    /// Whether somebody has to change a configuration first.
    fileprivate var isRefusal: Bool {
        guard case .stream(let error) = self else { return false }
        return [.notAuthorized, .hostUnknown].contains(error.condition)
    }
}

extension ComponentSettings {
    /// What of them counts at the other end: one stream, and what waits for it.
    fileprivate var ofUplink: ComponentSettings {
        var own = self
        own.connections = 1
        own.whenTaken = .replace
        own.whileAway = .queue
        return own
    }
}
