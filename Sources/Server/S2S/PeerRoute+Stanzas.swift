import MartletCore
import MartletNet
import MartletStreams

/// Stanzas: written, queued, or returned.
extension PeerRoute {
    mutating func take(_ stanzas: [Stanza], _ now: ShardInstant) {
        if let barred { return bounce(stanzas, barred) }
        if case .resting(_, let fault) = state { return bounce(stanzas, fault) }
        if let link = stream, !isHeld, queue.isEmpty { return write(stanzas, to: link, now) }
        var refused: [Stanza] = []
        for stanza in stanzas where !queue.append(stanza, rules) { refused.append(stanza) }
        bounce(refused, .overloaded)
        if case .idle = state { seek(now) }
    }

    /// The stream that stanzas are written to.
    var stream: (any PeerLink)? {
        switch state {
        case .open(let link, _, _), .borrowed(let link, _): link
        default: nil
        }
    }

    func writes(to link: any PeerLink) -> Bool { stream === link }

    private mutating func write(_ stanzas: [Stanza], to link: any PeerLink, _ now: ShardInstant) {
        lastUsed = now
        actions.append(.write(link, stanzas))
    }

    /// Writes all that waits, if there is a stream that takes it.
    mutating func flush(_ now: ShardInstant) {
        guard let link = stream, !isHeld, !queue.isEmpty else { return }
        let stanzas = queue.takeAll(rules)
        write(stanzas, to: link, now)
        advanceFences(by: stanzas.count)
    }

    mutating func resume(_ link: any PeerLink, _ now: ShardInstant) {
        guard writes(to: link) else { return }
        isHeld = false
        flush(now)
    }

    mutating func bounce(_ stanzas: [Stanza], _ fault: S2SFault) {
        guard !stanzas.isEmpty else { return }
        actions.append(.bounce(stanzas, fault, mayHaveArrived: false))
    }

    /// Returns all that waits.
    mutating func bounceQueue(_ fault: S2SFault) {
        let stanzas = queue.takeAll(rules)
        bounce(stanzas, fault)
        advanceFences(by: stanzas.count)
    }

    /// A stream gives back what it did not get rid of.
    mutating func takeBack(
        _ unwritten: [Stanza],
        _ unacknowledged: [Stanza],
        of link: any PeerLink,
        _ fault: S2SFault,
        _ now: ShardInstant
    ) {
        if !unacknowledged.isEmpty {
            actions.append(.bounce(unacknowledged, fault, mayHaveArrived: true))
        }
        // It has ended, and says so soon; what is taken meanwhile stays behind this.
        if writes(to: link) { isHeld = true }
        guard !unwritten.isEmpty else { return }
        if let barred { return bounce(unwritten, barred) }
        if case .resting(_, let fault) = state { return bounce(unwritten, fault) }
        queue.putBack(unwritten, rules)
        for index in fences.indices { fences[index].ahead += unwritten.count }
        if case .idle = state { pause(now) }
    }

    // MARK: Fences

    mutating func raise(_ passed: @escaping @Sendable () -> Void, _ now: ShardInstant) {
        guard !queue.isEmpty else { return actions.append(.pass(passed)) }
        let until = now.advanced(by: Self.fenceTime)
        fences.append(Fence(ahead: queue.count, until: until, passed: passed))
    }

    private mutating func advanceFences(by count: Int) {
        guard !fences.isEmpty, count > 0 else { return }
        for index in fences.indices { fences[index].ahead -= count }
        passFences { $0.ahead <= 0 }
    }

    mutating func passFences(where isOver: (Fence) -> Bool) {
        for fence in fences where isOver(fence) { actions.append(.pass(fence.passed)) }
        fences.removeAll(where: isOver)
        if fences.isEmpty { fences = [] }
    }
}
