import MartletCore
import MartletNet
import MartletRouter
import MartletStreams
import MartletXML

/// A connection on its way to the shard of its account's home: all that negotiation came to.
struct C2SLuggage: Sendable {
    let edge: StreamEdge.Luggage
    let machine: C2SMachine
    let terms: C2SListenerTerms
    let loginBy: ShardInstant
    let tlsVersion: String?
}

/// Where a connection goes, and what it does first when it is there.
struct Departure: Sendable {
    let target: Shard
    let step: @Sendable (isolated C2SConnection) -> Void
}

extension C2SConnection {
    /// Moves the descriptor, the TLS state and the parser to the home's shard, where a new connection
    /// takes the step that was due and reads on; this one is a shell from then on.
    func depart() {
        guard let departure else { return }
        service.streams.expect(on: departure.target)
        service.streams.forget(self)
        let luggage = C2SLuggage(
            edge: edge.depart(),
            machine: machine,
            terms: terms,
            loginBy: loginBy,
            tlsVersion: tlsVersion
        )
        let service = service
        departure.target.submit {
            let connection = C2SConnection(luggage, on: departure.target, of: service)
            connection.assumeIsolated { connection in
                connection.arrive()
                guard !connection.machine.isClosed else { return }
                departure.step(connection)
                if !connection.edge.pauses.contains(.negotiation) { connection.readLeftover() }
                // It may have set out while a module was asked, when nothing was read.
                if connection.edge.pauses.isEmpty { connection.transport.resumeReading() }
            }
        }
    }

    private func arrive() {
        service.streams.welcome(self)
        transport.delegate = self
        armWatchdog(within: loginTimeLeft)
        if let error = service.streams.reasonToEnd { shutDown(error) }
    }
}
