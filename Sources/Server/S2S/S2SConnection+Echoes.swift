import MartletCore
import MartletNet
import MartletStreams

/// A ping that was written behind stanzas, and is not answered.
struct S2SEcho: Sendable {
    let id: String
    let at: ShardInstant
}

/// Streams without acknowledgements: pings tell what has arrived (`S2SDelivery`).
extension S2SConnection {
    /// Between two pings of one stream, at least.
    private static let echoPause = Duration.seconds(1)

    /// Sees to it that what was written is asked about, now or soon.
    func requestEcho() {
        guard case .dialled(let order) = origin, echo == nil, !isEchoDue, delivery.wantsEcho
        else { return }
        let passed = lastEcho.map { $0.duration(to: shard.now) } ?? Self.echoPause
        guard passed < Self.echoPause else { return sendEcho(for: order.pair) }
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
    }

    /// The peer answered: all that was written before has arrived.
    func echoed(_ serial: UInt64) {
        guard !isOver else { return }
        echo = nil
        delivery.echoed(upTo: serial)
        writeHeld()
        requestEcho()
    }

    func forgetEcho() {
        if let echo { service.echoes.forget(echo.id) }
        echo = nil
    }
}
