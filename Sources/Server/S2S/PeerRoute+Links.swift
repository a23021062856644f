import MartletCore
import MartletNet
import MartletStreams

/// Streams: found, opened, borrowed, lost.
extension PeerRoute {
    /// Sets out for the peer; on a stream that asks questions there already, if there is one.
    mutating func seek(_ now: ShardInstant) {
        guard !queue.isEmpty else { return }
        let until = now.advanced(by: limits.attemptTime)
        if var leg = asking {
            asking = nil
            leg.until = until
            state = .seeking(leg)
            guard let link = leg.link else { return }
            if leg.isAuthorized { return open(link, now) }
            if leg.isFeatured, leg.isAsking { actions.append(.want(link)) }
            return
        }
        let leg = Leg(attempt: nextAttempt(), until: until)
        state = .seeking(leg)
        actions.append(.dial(leg.attempt, isFresh: isFresh))
        isFresh = false
    }

    /// Sets out for the peer again, soon: not all at once whose peer went away.
    mutating func pause(_ now: ShardInstant) {
        state = .pausing(until: now.advanced(by: .seconds(1) * roll()))
    }

    mutating func note(_ link: any PeerLink, of attempt: UInt64) {
        if case .seeking(var leg) = state, leg.attempt == attempt {
            leg.link = link
            leg.isAsking = false
            state = .seeking(leg)
        } else if asking?.attempt == attempt {
            asking?.link = link
            asking?.isAsking = true
        } else {
            actions.append(.end(link, nil))
        }
    }

    mutating func noteFeatures(of link: any PeerLink) {
        if case .seeking(var leg) = state, leg.link === link {
            if leg.isAsking, !leg.isFeatured { actions.append(.want(link)) }
            leg.isFeatured = true
            state = .seeking(leg)
        } else if asking?.link === link {
            asking?.isFeatured = true
            // Whoever claims to be the peer may lie; its server, where it is found, does not.
            endRest()
            unanswered = nil
        }
    }

    mutating func open(_ link: any PeerLink, _ now: ShardInstant) {
        if asking?.link === link { asking?.isAuthorized = true }
        guard case .seeking(let leg) = state, leg.link === link else { return }
        actions.append(.forget(leg.attempt))
        state = .open(link, since: now, number: leg.attempt)
        (isHeld, isFresh, lastUsed) = (false, false, now)
        flush(now)
    }

    /// The peer does not take the pair on this stream, which lives on if questions need it.
    mutating func refuse(_ link: any PeerLink, _ fault: S2SFault, _ now: ShardInstant) {
        guard case .seeking(var leg) = state, leg.link === link else {
            // It goes on for questions alone, until it is told again to want the pair.
            if asking?.link === link { asking?.isAsking = true }
            return
        }
        leg.isAsking = true
        dismiss(leg)
        fail(leg, fault, now)
    }

    /// Has no more use for an attempt, unless questions go that way.
    private mutating func dismiss(_ leg: Leg) {
        if asking == nil, questions.contains(where: { $0.carrier == leg.attempt }) {
            return asking = leg
        }
        retryQuestions(on: leg.attempt)
        end(leg)
    }

    mutating func giveUp(_ attempt: UInt64, _ fault: S2SFault, _ now: ShardInstant) {
        if case .seeking(let leg) = state, leg.attempt == attempt {
            end(leg)
            fail(leg, fault, now)
            failQuestions(on: attempt, leg.fault ?? fault)
        } else if let leg = asking, leg.attempt == attempt {
            asking = nil
            end(leg)
            let fault = leg.fault ?? fault
            if !leg.isFeatured, fault.concernsPeer {
                unanswered = (fault, now.advanced(by: limits.backoffTime))
            }
            failQuestions(on: attempt, fault)
        }
    }

    mutating func end(_ leg: Leg) {
        actions.append(.forget(leg.attempt))
        if let link = leg.link { actions.append(.end(link, nil)) }
    }

    /// The peer was not reached: all is returned, and it is left alone for a while.
    private mutating func fail(_ leg: Leg, _ fault: S2SFault, _ now: ShardInstant) {
        let fault = leg.fault ?? fault
        // That is our own trouble.
        if fault == .overloaded { state = .idle } else { rest(fault, now) }
        lastUsed = now
        bounceQueue(fault)
    }

    private mutating func rest(_ fault: S2SFault, _ now: ShardInstant) {
        let doubled = limits.backoffTime * (1 << min(Int(failures), 16))
        let time = min(
            min(doubled, limits.backoffLimit) * (0.8 + 0.4 * roll()),
            limits.backoffLimit
        )
        failures = failures == .max ? .max : failures + 1
        isSecondChance = false
        state = .resting(until: now.advanced(by: time), fault)
    }

    /// The peer is known to live.
    mutating func endRest() {
        guard case .resting = state else { return }
        state = .idle
        isFresh = true
    }

    /// A peer has proved itself to us.
    mutating func meet() {
        endRest()
        unanswered = nil
    }

    // MARK: Bidirectional streams

    /// The peer's own stream may be written to (XEP-0288).
    mutating func borrow(_ link: any PeerLink, _ now: ShardInstant) {
        if let barred { return actions.append(.end(link, Self.error(for: barred))) }
        switch state {
        case .open: return  // What is on its way there must come before what would go here.
        case .borrowed(let old, _):
            guard old !== link else { return }
            actions.append(.end(old, nil))
            state = .closing(old, next: link)
            isHeld = false
            return
        case .closing(let old, _):
            if old !== link { state = .closing(old, next: link) }
            return
        case .seeking(let leg):
            state = .idle
            dismiss(leg)
        case .idle, .pausing, .resting: break
        }
        goOver(to: link, now)
    }

    private mutating func goOver(to link: any PeerLink, _ now: ShardInstant) {
        state = .borrowed(link, since: now)
        (isHeld, isFresh, lastUsed) = (false, false, now)
        flush(now)
    }

    private static func error(for fault: S2SFault) -> StreamError? {
        fault == .notAdmitted ? StreamError(.policyViolation) : nil
    }

    // MARK: Ends

    /// A stream for stanzas has ended and given back what it had.
    mutating func close(_ link: any PeerLink, _ fault: S2SFault, _ now: ShardInstant) {
        switch state {
        case .seeking(let leg) where leg.link === link: closeSeeking(leg, fault, now)
        case .open(let own, let since, let number) where own === link:
            moveQuestions(from: number)
            lose(since, fault, now)
        case .borrowed(let lent, let since) where lent === link: lose(since, fault, now)
        case .closing(let old, let next) where old === link:
            (state, isHeld, lastUsed) = (.idle, false, now)
            if let next { goOver(to: next, now) } else { seek(now) }
        case .closing(let old, let next) where next === link: state = .closing(old, next: nil)
        default: break
        }
    }

    private mutating func closeSeeking(_ leg: Leg, _ fault: S2SFault, _ now: ShardInstant) {
        var leg = leg
        (leg.link, leg.isFeatured) = (nil, false)
        leg.fault = leg.fault ?? fault
        state = .seeking(leg)
        retryQuestions(on: leg.attempt)
        guard fault.concernsPlace else { return giveUp(leg.attempt, fault, now) }
        actions.append(.dialNext(leg.attempt, fault))
    }

    /// The stream beside has ended; its attempt goes on elsewhere, or is given up.
    mutating func closeAsking(_ fault: S2SFault, _ now: ShardInstant) {
        guard let leg = asking else { return }
        if leg.isFeatured || !fault.concernsPlace {
            asking?.link = nil
            return giveUp(leg.attempt, fault, now)
        }
        asking?.link = nil
        asking?.fault = leg.fault ?? fault
        asking?.isAuthorized = false
        actions.append(.dialNext(leg.attempt, fault))
    }

    /// The stream is gone; what it did not write, and what came since, needs another.
    private mutating func lose(_ since: ShardInstant, _ fault: S2SFault, _ now: ShardInstant) {
        if since.duration(to: now) >= Self.provenTime { (failures, isSecondChance) = (0, false) }
        (state, isHeld, lastUsed) = (.idle, false, now)
        guard !queue.isEmpty else { return }
        if isSecondChance {
            rest(fault, now)
            bounceQueue(fault)
        } else {
            isSecondChance = true
            pause(now)
        }
    }

    /// Nothing went either way for so long: the stream ends, unless it did or something is under way.
    mutating func retire(
        _ link: any PeerLink,
        quietSince since: ShardInstant?,
        _ now: ShardInstant
    ) {
        guard case .open(let own, _, let number) = state, own === link else { return }
        let isAsked = questions.contains { $0.carrier == number }
        lastUsed = max(lastUsed, isAsked || !queue.isEmpty ? now : since ?? now)
        guard lastUsed.advanced(by: limits.idleTime) <= now else { return }
        state = .closing(link, next: nil)
        actions.append(.end(link, nil))
    }

    /// Nothing goes to the peer any more.
    mutating func bar(_ fault: S2SFault, _ error: StreamError?, _ now: ShardInstant) {
        barred = fault
        failQuestions(fault)
        if let leg = asking { end(leg) }
        asking = nil
        switch state {
        case .seeking(let leg):
            end(leg)
            state = .idle
        case .open(let link, _, _), .borrowed(let link, _):
            guard let error else { break }
            actions.append(.end(link, error))
            state = .closing(link, next: nil)
        case .closing(let old, let next):
            if let next, let error { actions.append(.end(next, error)) }
            state = .closing(old, next: nil)
        case .idle, .pausing, .resting: state = .idle
        }
        (failures, isFresh, isSecondChance) = (0, false, false)
        unanswered = nil
        bounceQueue(fault)
    }
}

extension S2SFault {
    /// Whether it says something of one of a domain's places, so that another may do better.
    var concernsPlace: Bool {
        switch self {
        case .lost, .tlsNotOffered, .tlsFailed, .notProved, .noWayToAuthenticate,
            .protocolViolation, .timedOut:
            true
        case .ended: true
        case .stream(let condition):
            switch condition {
            case .hostUnknown, .hostGone, .policyViolation, .notAuthorized, .invalidFrom: false
            default: true
            }
        case .unreachable, .saslRefused, .dialbackInvalid, .dialback, .notAdmitted, .overloaded,
            .stopping:
            false
        }
    }
}
