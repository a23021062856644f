import ArgumentParser
import MartletNet

/// The second of two servers that run already.
struct OtherServerOptions: ParsableArguments {
    @Option(help: "Where the second server listens that is running already.")
    var otherAddress = "127.0.0.1"

    @Option(help: "Its port.") var otherPort: UInt16 = 5222
    @Option(help: "Its process, to be measured.") var otherPid: Int32?
    @Option(help: "Its domain.") var otherDomain = "localhost"

    func running(_ tls: TargetOptions.TLSUse, _ pins: Pins?) throws -> Target {
        guard let address = SocketAddress(otherAddress, port: otherPort) else {
            throw LoadError("\(otherAddress) is not an address in numbers")
        }
        let meter = otherPid.map { ProcessMeter(pid: $0) }
        return Target(address, domain: otherDomain, tls: tls, meter: meter, pins: pins)
    }
}
