import Logging
import MartletCore
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML

/// A connection on its way to the shard of its account's home: all that negotiation came to.
struct C2SLuggage: Sendable {
    let transport: DetachedTransport
    let parser: StreamParser.Continuation
    let machine: C2SMachine
    let leftover: [UInt8]
    let byteBucket: TokenBucket
    let stanzaBucket: TokenBucket
    let log: Logger
}

extension C2SConnection {
    /// Moves the descriptor, the TLS state and the parser to the home's shard, where a new connection
    /// goes on with `step`; this one is a shell from then on.
    func move(
        to target: Shard,
        leftover: [UInt8],
        then step: @escaping @Sendable (isolated C2SConnection) -> Void
    ) {
        disarmWatchdog()
        service.forget(self)
        let luggage = C2SLuggage(
            transport: transport.detach(),
            parser: parser.continuation,
            machine: machine,
            leftover: leftover,
            byteBucket: byteBucket,
            stanzaBucket: stanzaBucket,
            log: log
        )
        let service = service
        target.submit {
            let connection = C2SConnection(luggage, on: target, of: service)
            connection.assumeIsolated { connection in
                connection.arrive()
                step(connection)
            }
        }
    }

    private func arrive() {
        service.remember(self)
        transport.delegate = self
        armWatchdog(within: service.limits.loginTime)
    }
}
