import MartletCore
import MartletNet
import MartletStreams

/// What a pool asks of a stream.
enum S2SErrand: Sendable {
    case write([Stanza], DomainPair)
    case want(DomainPair)
    case ask(DialbackQuestion)
    case end(StreamError?)
    case afterFlush(@Sendable () -> Void)
    case afterArrival(@Sendable () -> Void)
}

/// A pool on the same shard calls plainly; another one's errands are fetched once a turn.
extension S2SConnection: PeerLink {
    nonisolated func write(_ stanzas: [Stanza], for pair: DomainPair) { go(.write(stanzas, pair)) }
    nonisolated func want(_ pair: DomainPair) { go(.want(pair)) }
    nonisolated func ask(_ question: DialbackQuestion) { go(.ask(question)) }
    nonisolated func end(_ error: StreamError?) { go(.end(error)) }
    nonisolated func afterFlush(_ passed: @escaping @Sendable () -> Void) {
        go(.afterFlush(passed))
    }
    nonisolated func afterArrival(_ passed: @escaping @Sendable () -> Void) {
        go(.afterArrival(passed))
    }

    nonisolated var quietSince: ShardInstant? {
        assumeIsolated { $0.delivery.isEmpty ? $0.lastStanza : nil }
    }

    private nonisolated func go(_ errand: S2SErrand) {
        if shard.isCurrent { return assumeIsolated { $0.run(errand) } }
        guard errands.append(errand) else { return }
        shard.submit {
            self.assumeIsolated { connection in
                for errand in connection.errands.take() { connection.run(errand) }
            }
        }
    }

    private func run(_ errand: S2SErrand) {
        switch errand {
        case .write(let stanzas, let pair): give(stanzas, for: pair)
        case .want(let pair): carryOut(machine.receive(.wants(pair)))
        case .ask(let question): carryOut(machine.receive(.ask(question)))
        case .end(let error):
            if error?.condition == .systemShutdown, fault == nil { fault = .stopping }
            carryOut(machine.close(error))
        case .afterFlush(let passed): waitForFlush(passed)
        case .afterArrival(let passed): waitForArrival(passed)
        }
    }

    // MARK: Writing

    /// Writes, or keeps what cannot be written now; after the end it goes back at once.
    private func give(_ stanzas: [Stanza], for pair: DomainPair) {
        delivery.hold(stanzas, for: pair)
        if isOver { return giveBack() }
        // Another pair's stanzas fill the stream, and this pair's pool was not told.
        if isChoked, !choked.contains(pair) { tellPools([pair]) }
        writeHeld()
        refuse(delivery.takeExcess(of: pair), for: pair)
    }

    private func refuse(_ stanzas: [Stanza], for pair: DomainPair) {
        guard !stanzas.isEmpty else { return }
        let error = StanzaError(.overloaded, of: pair.target)
        for stanza in stanzas where stanza.isToldOfFailure { service.router.bounce(stanza, error) }
    }

    /// Whether nothing more should be written for now.
    private var isChoked: Bool { transport.isCongested || delivery.isFull }

    /// Writes what waits as far as the peer reads and acknowledges.
    func writeHeld() {
        guard !machine.isClosed, !isChoked else { return }
        let items = delivery.takeHeld()
        if items.isEmpty { return tellPools([]) }
        for (index, item) in items.enumerated() {
            if isChoked {
                delivery.putBack(items[index...])
                break
            }
            lastStanza = shard.now
            transport.withOutput { item.stanza.append(to: &$0) }
            delivery.noteWritten(item.stanza, for: item.pair)
        }
        if delivery.awaitsFlush || !flushWaiters.isEmpty { transport.reportFlush() }
        requestAcknowledgement()
        requestEcho()
        tellPools(items.map(\.pair))
    }

    /// Pools wait while nothing can be written, and go on when it can.
    private func tellPools(_ pairs: [DomainPair]) {
        choked.formUnion(isChoked ? pairs : [])
        let isChoked = isChoked
        for pair in isChoked ? Set(pairs) : choked {
            let pool = service.pool(of: pair.target)
            pool?.post(isChoked ? .congested(self, pair) : .writable(self, pair))
        }
        if !isChoked { choked = [] }
    }
}
