import MartletCore
import MartletNet
import MartletStreams
import MartletXML

/// From bytes to stanzas.
extension S2SConnection {
    func receive(_ bytes: UnsafeRawBufferPointer) {
        guard edge.accepts(bytes) else { return }
        let (fault, _) = edge.read(bytes, while: { isListening }) { take($0) }
        if let fault { carryOut(machine.close(StreamError(fault))) }
        if isLingering, fault != nil || !machine.isHearingOut { hangUp() }
        // Strangers too: what they ask costs digests and look-ups.
        edge.limitRate(bytes: bytes.count)
    }

    /// Whether what the peer says still means something.
    private var isListening: Bool { !machine.isClosed || isLingering && machine.isHearingOut }

    private func take(_ event: StreamEvent) -> StreamFlow {
        switch event.kind {
        case .opened(let header): return hear(.opened(header))
        case .element(let element):
            edge.countStanza()
            let before = received
            let flow = hear(.element(element))
            // What cannot be routed was sent all the same, and counts (XEP-0198 §4).
            if received == before, element.isIn(Namespace.client), isListening {
                received += 1
                noteReceipt(for: nil)
            }
            return flow
        case .closed: return hear(.closed)
        }
    }

    @discardableResult
    func hear(_ event: S2SEvent) -> StreamFlow {
        if let witness { witness(event, transport.tls) }
        return carryOut(machine.receive(event))
    }

    /// Whether its pair is why the stream ends, which is read on for the others' sake.
    private func isUnwanted(_ stanza: Stanza) -> Bool {
        guard !unwanted.isEmpty, let from = stanza.from, let to = stanza.to else { return false }
        return unwanted.contains(DomainPair(sender: from, target: to))
    }

    /// Hands over what a peer has the right to say.
    func hand(over stanza: Stanza) {
        received += 1
        lastStanza = shard.now
        defer { noteReceipt(for: stanza.to) }
        if service.echoes.take(stanza) || isUnwanted(stanza) { return }
        service.router.homes[shard.index].enter(with: stanza) { $0.receive(fromElsewhere: $1) }
    }
}
