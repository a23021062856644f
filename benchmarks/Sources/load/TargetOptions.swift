import ArgumentParser
import MartletNet

/// Which server is loaded, and how clients log in to it.
struct TargetOptions: ParsableArguments {
    @Option(help: "The martlet program to start and measure.")
    var server: String?

    @Option(help: "The shards of the server that is started; each beyond the first needs a core.")
    var shards = 1

    @Flag(inversion: .prefixedNo, help: "The plugins that are on by default.")
    var plugins = true

    @Option(help: "Where a server listens that is running already.")
    var address = "127.0.0.1"

    @Option(help: "Its port.")
    var port: UInt16 = 5222

    @Option(help: "Its process, to be measured.")
    var pid: Int32?

    @Option(help: "Others whose CPU is the server's too, and their children's: a database's.")
    var andTreeOf: [Int32] = []

    @Option(help: "The domain to log in to.")
    var domain = "localhost"

    @Option(help: "none, starttls or direct.")
    var tls = TLSUse.none

    @Flag(inversion: .prefixedNo, help: "Server on the first core, generator on the last.")
    var pin = true

    @Option(
        help: """
            The share of a core that each shard of the server that is started may have, by a cgroup;             nothing is pinned then.
            """
    )
    var serverQuota: Double?

    @Option(help: "Connections that may be logging in at once.")
    var concurrency = 32

    enum TLSUse: String, ExpressibleByArgument, CaseIterable { case none, starttls, direct }

    /// Starts the server where that was asked for, with those it is to know, and gives what to connect
    /// to; another server has to know them already.
    func open(
        _ population: Population = Population(0),
        otherDomains: Int = 0
    ) async throws -> Target {
        let pins = settle()
        guard let server else { return try running(pins) }
        let process = try await ServerProcess(
            program: server,
            domain: domain,
            shards: shards,
            pins: pins,
            hasPlugins: plugins,
            otherDomains: otherDomains,
            population: population
        )
        return try await target(process, domain, pins)
    }

    /// Starts two servers that know each other's place, on the same cores, or gives those that run.
    func openTwo(_ other: OtherServerOptions, _ population: Population) async throws -> [Target] {
        let pins = settle()
        guard let server else { return [try running(pins), try other.running(tls, pins)] }
        let seats = try PeerSeat.two()
        var targets: [Target] = []
        do {
            for seat in seats {
                let process = try await ServerProcess(
                    program: server,
                    domain: seat.domain,
                    shards: shards,
                    pins: pins,
                    hasPlugins: plugins,
                    population: population,
                    seat: seat
                )
                targets.append(try await target(process, seat.domain, pins))
            }
        } catch {
            for target in targets { target.close() }
            throw error
        }
        return targets
    }

    /// Takes the cores and descriptors that are the generator's.
    private func settle() -> Pins? {
        let pins = pin && serverQuota == nil ? Pins.choose(serverCores: shards) : nil
        pins?.adopt()
        _ = Descriptors.limit
        return pins
    }

    private func running(_ pins: Pins?) throws -> Target {
        guard let address = SocketAddress(address, port: port) else {
            throw LoadError("\(address) is not an address in numbers")
        }
        let meter = pid.map { ProcessMeter(pid: $0, trees: andTreeOf) }
        return Target(address, domain: domain, tls: tls, meter: meter, pins: pins)
    }

    /// What was started, once it takes connections; it is stopped when that does not come about.
    private func target(
        _ process: ServerProcess,
        _ domain: String,
        _ pins: Pins?
    ) async throws -> Target {
        do {
            try await process.waitUntilItListens()
            let quota = try serverQuota.map {
                try CPUQuota(of: process.pid, cores: $0 * Double(shards))
            }
            return Target(
                .loopback(port: process.port(for: tls)),
                domain: domain,
                tls: tls,
                meter: ProcessMeter(pid: process.pid),
                pins: pins,
                process: process,
                quota: quota
            )
        } catch {
            process.stop()
            throw error
        }
    }
}

/// A server to be loaded.
struct Target: Sendable {
    let address: SocketAddress
    let domain: String
    let tls: TargetOptions.TLSUse
    let meter: ProcessMeter?
    let pins: Pins?
    let process: ServerProcess?
    let quota: CPUQuota?

    init(
        _ address: SocketAddress,
        domain: String,
        tls: TargetOptions.TLSUse,
        meter: ProcessMeter?,
        pins: Pins?,
        process: ServerProcess? = nil,
        quota: CPUQuota? = nil
    ) {
        self.address = address
        self.domain = domain
        self.tls = tls
        self.pins = pins
        self.process = process
        self.quota = quota
        self.meter = meter
    }

    func close() {
        process?.stop()
        quota?.remove()
    }
}
