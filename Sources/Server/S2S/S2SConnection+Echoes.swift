import MartletCore
import MartletNet
import MartletStreams

/// A ping that was written behind stanzas, and is not answered.
struct S2SEcho: Sendable {
    let id: String
    let at: ShardInstant
}

/// Streams without acknowledgements, whoever opened them: pings tell what has arrived (`S2SDelivery`).
extension S2SConnection {
    /// Between two pings of one stream, at least, while little is in flight.
    private static let echoPause = Duration.seconds(1)
    /// So much in flight is asked about at once: if the stream broke, all of it would come back, of
    /// which most had arrived.
    private static let echoStanzas = 50

    /// Sees to it that what was written is asked about, now or soon; one ping is under way at a time.
    func requestEcho() {
        guard echo == nil, let pair = delivery.wantsEcho else { return }
        let passed = lastEcho.map { $0.duration(to: shard.now) } ?? Self.echoPause
        guard passed < Self.echoPause, delivery.inFlightCount < Self.echoStanzas,
            arrivalWaiters.isEmpty
        else { return sendEcho(for: pair) }
        guard !isEchoDue else { return }
        isEchoDue = true
        shard.schedule(after: Self.echoPause - passed) { [weak self] in
            self?.assumeIsolated { connection in
                connection.isEchoDue = false
                connection.requestEcho()
            }
        }
    }

    private func sendEcho(for pair: DomainPair) {
        guard !machine.isClosed else { return }
        let id = S2SEchoes.prefix + C2SService.makeToken()
        let ping = Stanza(.iq, type: .get, to: pair.target, from: pair.sender, id: id) {
            $0.element("ping", in: Namespace.ping)
        }
        (echo, lastEcho) = (S2SEcho(id: id, at: shard.now), shard.now)
        service.echoes.expect(id, pair, delivery.serial, on: self)
        transport.withOutput { ping.append(to: &$0) }
        delivery.notePing(ping, for: pair)
        requestAcknowledgement()
    }

    /// The peer answered: all that was written before has arrived.
    func echoed(_ serial: UInt64) {
        guard !isOver else { return }
        echo = nil
        delivery.echoed(upTo: serial)
        writeHeld()
        requestEcho()
        noteArrivals()
    }

    /// A ping was not answered in time: a peer that did so before is gone, one that never did is
    /// believed to answer none, and its streams go on.
    ///
    /// - Returns: whether the stream is to end.
    func lacksEcho(_ limit: Duration) -> Bool {
        guard let echo, echo.at.duration(to: shard.now) >= limit else { return false }
        switch delivery.echoing {
        case .answers: return true
        case .mute: return false
        case .unknown:
            delivery.becameMute()
            transport.reportFlush()
            return false
        }
    }

    func forgetEcho() {
        if let echo { service.echoes.forget(echo.id) }
        echo = nil
    }
}
