import MartletCore
import MartletNet
import MartletStreams
import MartletXML

/// What the home tells its client's connection; always on the shard.
extension C2SConnection: SessionSink {
    nonisolated func send(_ stanza: Stanza) {
        enter(with: stanza) { connection, stanza in
            connection.transport.withOutput { stanza.append(to: &$0) }
            connection.noteCongestion()
        }
    }

    nonisolated func send(nonza: Element) {
        assumeIsolated { $0.edge.write(nonza) }
    }

    nonisolated func close(_ error: StreamError?) {
        assumeIsolated { connection in
            // The home lets go of the session by itself.
            connection.session = nil
            _ = connection.carryOut(connection.machine.close(error))
        }
    }

    nonisolated func reportFlush() {
        assumeIsolated { $0.transport.reportFlush() }
    }

    nonisolated var isCongested: Bool { assumeIsolated { $0.transport.isCongested } }

    nonisolated func pauseReading() {
        assumeIsolated { $0.edge.pause(.home) }
    }

    nonisolated func resumeReading() {
        assumeIsolated { $0.edge.resume(.home) }
    }

    private func noteCongestion() {
        if transport.isCongested { edge.pause(.congestion) }
    }
}
